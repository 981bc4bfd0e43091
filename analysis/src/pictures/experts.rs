//! Where tokens were sent: load of each expert, layer by layer.

use super::PictureError;
use crate::experts::Experts;
use crate::plot::heat_map::HeatMap;

/// Share of a layer's tokens sent to each expert, in percent.
///
/// # Errors
/// [`PictureError::Nothing`] if no token was sent to an expert.
pub fn experts(name: &str, experts: &Experts) -> Result<HeatMap, PictureError> {
    let layers: Vec<_> = experts.layers().collect();
    let Some((_, first)) = layers.first() else {
        return Err(PictureError::Nothing { what: "token sent to an expert" });
    };
    let share = |tokens: u64, of: u64| 100.0 * tokens as f64 / of as f64;
    let values = layers.iter().flat_map(|(_, load)| {
        let all: u64 = load.experts.iter().map(|expert| expert.tokens).sum();
        load.experts.iter().map(move |expert| share(expert.tokens, all))
    });
    Ok(HeatMap {
        title: format!("{name}: tokens sent to each expert (%)"),
        note: format!(
            "columns: experts 0 to {}; share of the tokens that a layer sent to them, {:.2} % where all are used alike",
            first.experts.len() - 1,
            100.0 / first.experts.len() as f64
        ),
        rows: layers.iter().map(|(layer, _)| layer.to_string()).collect(),
        row_label: "layer".to_owned(),
        columns: (0..first.experts.len()).map(|expert| expert.to_string()).collect(),
        values: values.collect(),
        decimals: 1,
    })
}
