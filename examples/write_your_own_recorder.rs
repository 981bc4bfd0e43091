//! A recorder of one's own: which neurons of the last layer fire most, and at which virtual time step.

use synfire::datasets::checkpoint::Checkpoint;
use synfire::datasets::spikes::Projection;
use synfire::sim::recorder::{CodedInput, Recorder, RecorderError};
use synfire::sim::{model::Model, options::ModelOptions};

/// Spikes by neuron and by step, of the down projection of layer 3.
struct Busiest {
    by_neuron: Vec<u32>,
    by_step: Vec<u32>,
}

impl Recorder for Busiest {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        if (coded.layer, coded.projection) != (3, Projection::DownIn) {
            return Ok(());
        }
        for spike in coded.vectors().flat_map(|vector| vector.code.spikes()) {
            self.by_neuron[spike.neuron as usize] += 1;
            let from_the_end = spike.weight.trailing_zeros() as usize;
            self.by_step[from_the_end] += 1;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checkpoint = Checkpoint::builtin()?;
    let model = Model::load(&checkpoint, &ModelOptions::default())?;
    let tokens = checkpoint.tokenizer().encode(b"O, that this too too solid flesh would melt")?;

    let mut busiest =
        Busiest { by_neuron: vec![0; checkpoint.config().intermediate_size], by_step: vec![0; 31] };
    model.start().advance(&tokens, &mut busiest)?;

    let mut neurons: Vec<usize> = (0..busiest.by_neuron.len()).collect();
    neurons.sort_by_key(|n| std::cmp::Reverse(busiest.by_neuron[*n]));
    for neuron in neurons.into_iter().take(5) {
        println!("neuron {neuron:3}: {} spikes over {} tokens", busiest.by_neuron[neuron], tokens.len());
    }
    for (bit, spikes) in busiest.by_step.iter().enumerate().filter(|(_, spikes)| **spikes > 0) {
        println!("steps of weight {:3}: {spikes} spikes", 1 << bit);
    }
    Ok(())
}
