//! What the tests against NEST share with the scripts that made its values.

use safetensors::SafeTensors;
use synfire_sim::network::Kept;
use synfire_sim::network::neuron::LifExp;

/// Knuth's MMIX generator.
pub(crate) struct Generator(pub(crate) u64);

impl Generator {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// The neuron with currents that decay exponentially.
pub(crate) fn lif_exp() -> LifExp {
    LifExp {
        tau_m_ms: 15.0,
        e_l_mv: -65.0,
        v_th_mv: -50.0,
        tau_syn_in_ms: 5.0,
        i_e_pa: 300.0,
        ..LifExp::default()
    }
}

/// A file of NEST's values.
pub(crate) struct Golden(Vec<u8>);

impl Golden {
    /// Below `tests/golden` at the top of the repository.
    pub(crate) fn read(file: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/");
        Self(std::fs::read(format!("{folder}{file}")).unwrap())
    }

    /// Integers of 16 bits.
    pub(crate) fn whole(&self, name: &str) -> Vec<u32> {
        self.numbers(name, |bytes| u16::from_le_bytes(bytes).into())
    }

    pub(crate) fn real(&self, name: &str) -> Vec<f64> {
        self.numbers(name, f64::from_le_bytes)
    }

    /// Step and neuron of every spike.
    pub(crate) fn spikes(&self, name: &str) -> Vec<(u32, u32)> {
        let [step, neuron] = ["step", "neuron"].map(|column| self.whole(&format!("{name}.{column}")));
        step.into_iter().zip(neuron).collect()
    }

    fn numbers<const N: usize, T>(&self, name: &str, number: impl Fn([u8; N]) -> T) -> Vec<T> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        tensor.data().as_chunks().0.iter().map(|bytes| number(*bytes)).collect()
    }
}

/// Step of 0.1 ms and neuron of every spike.
pub(crate) fn spikes(kept: &Kept) -> Vec<(u32, u32)> {
    let steps = kept.times_ms.iter().map(|time_ms| (time_ms * 10.0).round() as u32);
    steps.zip(kept.neurons.iter().copied()).collect()
}
