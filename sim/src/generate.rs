//! Sampling of text, token by token.

use crate::error::SimError;
use crate::evaluate::CHUNK;
use crate::model::Model;
use crate::recorder::Recorder;
use ndarray::ArrayView1;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// How tokens are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Tokens to write.
    pub tokens: usize,
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f32,
    /// Seed of the generator (PCG-64): the same seed writes the same text.
    pub seed: u64,
}

impl Sampling {
    /// Checks the temperature; [`generate`] does so too.
    ///
    /// # Errors
    /// [`SimError::Temperature`] unless it is finite and not negative.
    pub fn check(&self) -> Result<(), SimError> {
        let usable = self.temperature.is_finite() && self.temperature >= 0.0;
        if usable { Ok(()) } else { Err(SimError::Temperature(self.temperature)) }
    }
}

/// Continues `prompt`; `written` hears each token and says whether to go on. The spikes of the prompt and of every token
/// read again go to `recorder`.
///
/// # Errors
/// [`SimError::TooShort`] for an empty prompt, [`SimError::Temperature`], and those of [`crate::model::Session::advance`].
pub fn generate(
    model: &Model,
    prompt: &[u32],
    sampling: Sampling,
    recorder: &mut dyn Recorder,
    mut written: impl FnMut(u32) -> bool,
) -> Result<(), SimError> {
    sampling.check()?;
    let mut rng = Pcg64::seed_from_u64(sampling.seed);
    let mut session = model.start();
    let mut logits = None;
    for chunk in prompt.chunks(CHUNK) {
        logits = Some(session.advance(chunk, recorder)?);
    }
    let mut logits = logits.ok_or(SimError::TooShort { tokens: 0 })?;
    for left in (0..sampling.tokens).rev() {
        let next = draw(logits.row(logits.nrows() - 1), sampling.temperature, &mut rng);
        if !written(next) || left == 0 {
            break;
        }
        logits = session.advance(&[next], recorder)?;
    }
    Ok(())
}

fn draw(logits: ArrayView1<'_, f32>, temperature: f32, rng: &mut Pcg64) -> u32 {
    let likeliest =
        (0u32..).zip(logits).fold((0, f32::NEG_INFINITY), |a, (i, l)| if *l > a.1 { (i, *l) } else { a });
    if temperature == 0.0 {
        return likeliest.0;
    }
    let weight = |l: &f32| f64::from((l - likeliest.1) / temperature).exp();
    let mut left = rng.random::<f64>() * logits.iter().map(weight).sum::<f64>();
    for (token, logit) in (0u32..).zip(logits) {
        left -= weight(logit);
        if left < 0.0 {
            return token;
        }
    }
    likeliest.0
}
