//! The SpikingBrain report's energy estimate: spikes times the energy of an INT8 add, at 45 nm.
//!
//! It is an idealised bound, as the report says (appendix C.2): it leaves out weight memory (a silent channel saves its
//! fetch only if its whole block is silent), asynchronous control and routing, leakage and idle time, and everything that
//! is not a coded projection.

use serde::Serialize;

/// Energy of an INT8 addition at 45 nm, in pJ (M. Horowitz, ISSCC 2014).
pub const INT8_ADD_PJ: f64 = 0.03;
/// Energy of an INT8 multiply and add at 45 nm, in pJ (M. Horowitz, ISSCC 2014: 0.2 + 0.03).
pub const INT8_MAC_PJ: f64 = 0.23;
/// Energy of an FP16 multiply and add at 45 nm, in pJ (M. Horowitz, ISSCC 2014: 1.1 + 0.4).
pub const FP16_MAC_PJ: f64 = 1.5;

/// The estimate for one equivalent MAC.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EnergyBound {
    /// What the estimate starts from.
    pub mean_spikes_per_channel: f64,
    /// Energy of one equivalent MAC, in pJ.
    pub energy_per_mac_pj: f64,
    /// Share of an INT8 MAC's energy that is saved.
    pub int8_saving: f64,
    /// Share of an FP16 MAC's energy that is saved.
    pub fp16_saving: f64,
    /// Energy of an INT8 MAC over the estimate.
    pub int8_ratio: f64,
    /// Energy of an FP16 MAC over the estimate.
    pub fp16_ratio: f64,
}

/// The estimate from the mean number of spikes of a channel.
#[must_use]
pub fn report_bound(mean_spikes_per_channel: f64) -> EnergyBound {
    let energy_per_mac_pj = mean_spikes_per_channel * INT8_ADD_PJ;
    EnergyBound {
        mean_spikes_per_channel,
        energy_per_mac_pj,
        int8_saving: 1.0 - energy_per_mac_pj / INT8_MAC_PJ,
        fp16_saving: 1.0 - energy_per_mac_pj / FP16_MAC_PJ,
        int8_ratio: INT8_MAC_PJ / energy_per_mac_pj,
        fp16_ratio: FP16_MAC_PJ / energy_per_mac_pj,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reports_figures_follow_from_its_mean_and_its_roundings() {
        let bound = report_bound(1.13);
        assert!((bound.energy_per_mac_pj - 0.0339).abs() < 1e-12);
        let rounded_pj = (bound.energy_per_mac_pj * 1e3).round() / 1e3;
        assert_eq!(rounded_pj, 0.034);
        let saving = |mac_pj: f64| ((1.0 - rounded_pj / mac_pj) * 1e3).round() / 1e3;
        assert_eq!((saving(INT8_MAC_PJ), saving(FP16_MAC_PJ)), (0.852, 0.977));
        assert_eq!(format!("{:.2}", 1.0 / (1.0 - saving(INT8_MAC_PJ))), "6.76");
        assert_eq!(format!("{:.2}", 1.0 / (1.0 - saving(FP16_MAC_PJ))), "43.48");
    }
}
