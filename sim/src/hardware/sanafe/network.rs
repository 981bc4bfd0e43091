//! SANA-FE's `network:` files with their `mappings:`.

use super::yaml::{self, Node};
use crate::hardware::ChipError;
use crate::hardware::description::Chip;
use crate::hardware::network::{Attributes, Edge, Group, Network, Neuron, Reset};
use std::ops::RangeInclusive;

/// Parses the text of a network that is mapped to `chip`; `file` names it in errors.
///
/// # Errors
/// [`ChipError::File`] with the line, for whatever the models do not have.
pub fn parse_network(text: &str, file: &str, chip: &Chip) -> Result<Network, ChipError> {
    let root = yaml::parse(text, file)?;
    let described = root.need("network", file)?;
    let mut network = Network::default();
    if let Some(name) = described.get("name", file)? {
        network.name = name.text(file)?.to_owned();
    }
    for node in described.need("groups", file)?.items() {
        add_group(&mut network, node, file)?;
    }
    for list in described.need("edges", file)?.items() {
        for (ends, node) in list.entries(file)? {
            add_edges(&mut network, ends, node, file)?;
        }
    }
    let mut rank = 0;
    for list in root.need("mappings", file)?.items() {
        for (address, node) in list.entries(file)? {
            map(&mut network, chip, address, node, &mut rank, file)?;
        }
    }
    Ok(network)
}

/// Numbers of the neurons that a key such as `3` or `0..9` stands for.
fn numbers(key: &str, node: &Node, file: &str) -> Result<RangeInclusive<usize>, ChipError> {
    let wrong = || node.error(file, format_args!("'{key}' is neither a number nor a range such as 0..9"));
    match super::range(key) {
        Some((_, Some(range))) => Ok(range),
        _ => key.trim().parse().map(|n| n..=n).map_err(|_| wrong()),
    }
}

fn add_group(network: &mut Network, node: &Node, file: &str) -> Result<(), ChipError> {
    let name = node.need("name", file)?.text(file)?.to_owned();
    if network.group(&name).is_some() {
        return Err(node.error(file, format_args!("group '{name}' is given twice")));
    }
    let mut default = Neuron::default();
    if let Some(attributes) = node.get("attributes", file)? {
        set_attributes(&mut default, attributes, file)?;
    }
    let mut neurons = Vec::new();
    for item in node.need("neurons", file)?.items() {
        for (key, attributes) in item.entries(file)? {
            neurons.push((numbers(key, attributes, file)?, attributes));
        }
    }
    let too_many = || node.error(file, format_args!("more than {} neurons", Network::MOST_NEURONS));
    let count = neurons.iter().try_fold(0_usize, |sum, (range, _)| {
        sum.checked_add(range.end() - range.start() + 1).filter(|n| *n <= Network::MOST_NEURONS)
    });
    let count = count.ok_or_else(too_many)?;
    let first = network.neurons.len();
    if first + count > Network::MOST_NEURONS {
        return Err(too_many());
    }
    network.neurons.resize(first + count, default.clone());
    network.groups.push(Group { name, first, count });
    for (range, attributes) in neurons {
        if *range.end() >= count {
            return Err(attributes
                .error(file, format_args!("neuron {} of a group of {count}, counted from 0", range.end())));
        }
        let mut neuron = default.clone();
        set_attributes(&mut neuron, attributes, file)?;
        for index in range {
            network.neurons[first + index] = neuron.clone();
        }
    }
    Ok(())
}

/// Takes over what a map of attributes says; sections for one unit are read like the rest.
fn set_attributes(neuron: &mut Neuron, node: &Node, file: &str) -> Result<(), ChipError> {
    for (key, value) in node.entries(file)? {
        let unit = || Ok::<_, ChipError>(Some(value.text(file)?.to_owned()));
        match key {
            "soma_hw_name" => neuron.soma = unit()?,
            "synapse_hw_name" | "default_synapse_hw_name" => neuron.synapse = unit()?,
            "dendrite_hw_name" => neuron.dendrite = unit()?,
            "soma" | "dendrite" => set_attributes(neuron, value, file)?,
            _ => set_attribute(&mut neuron.attributes, key, value, file)?,
        }
    }
    Ok(())
}

fn set_attribute(a: &mut Attributes, key: &str, value: &Node, file: &str) -> Result<(), ChipError> {
    let reset = || {
        Ok(match value.text(file)? {
            "none" => Reset::None,
            "soft" => Reset::Soft,
            "hard" => Reset::Hard,
            "saturate" => Reset::Saturate,
            other => {
                return Err(
                    value.error(file, format_args!("'{other}' is not one of none, soft, hard, saturate"))
                );
            }
        })
    };
    let unsupported = |what: &str| {
        Err(value.error(file, format_args!("{what} is not supported: give 'spikes' or 'rate', or remove it")))
    };
    match key {
        "threshold" => a.threshold = value.number(file)?,
        "reverse_threshold" => a.reverse_threshold = value.number(file)?,
        "reset" => a.reset = value.number(file)?,
        "reverse_reset" => a.reverse_reset = value.number(file)?,
        "reset_mode" => a.reset_mode = reset()?,
        "reverse_reset_mode" => a.reverse_reset_mode = reset()?,
        "leak_decay" => a.leak_decay = value.number(file)?,
        "input_decay" => a.input_decay = value.number(file)?,
        "leak" => a.leak = value.number(file)?,
        "leak_towards_zero" => a.leak_towards_zero = value.flag(file)?,
        "bias" => a.bias = value.number(file)?,
        "force_update" | "force_update_every_timestep" => a.force_update = value.flag(file)?,
        "refractory_delay" => a.refractory_delay = value.parse(file, "a whole number of steps")?,
        "potential" => a.potential = value.number(file)?,
        "rate" => a.rate = value.number(file)?,
        "spikes" => {
            let spikes: Result<Vec<bool>, _> = value.items().iter().map(|item| item.flag(file)).collect();
            a.spikes = Some(spikes?.into());
        }
        "poisson" if value.number(file)? != 0.0 => return unsupported("random input"),
        "random_mask" if value.number(file)? != 0.0 => return unsupported("a random threshold"),
        "poisson" | "random_mask" | "log_u" | "log_v" | "log_spikes" | "log_potential" => {}
        other => return Err(value.error(file, format_args!("no model has an attribute '{other}'"))),
    }
    Ok(())
}

/// The group of an address, and the number of a neuron if it has one.
fn address<'a>(
    network: &'a Network,
    text: &'a str,
    node: &Node,
    file: &str,
) -> Result<(&'a Group, Option<&'a str>), ChipError> {
    let (name, number) = match text.trim().split_once('.') {
        Some((name, number)) => (name, Some(number)),
        None => (text.trim(), None),
    };
    let group =
        network.group(name).ok_or_else(|| node.error(file, format_args!("there is no group '{name}'")))?;
    Ok((group, number))
}

fn add_edges(network: &mut Network, ends: &str, node: &Node, file: &str) -> Result<(), ChipError> {
    let (from, to) = ends
        .split_once("->")
        .ok_or_else(|| node.error(file, format_args!("'{ends}' is not an edge such as a.0 -> b.1")))?;
    let (source, source_number) = address(network, from, node, file)?;
    let (target, target_number) = address(network, to, node, file)?;
    let within = |group: &Group, number: usize| match number < group.count {
        true => Ok((group.first + number) as u32),
        false => Err(node.error(
            file,
            format_args!("neuron {number} of group '{}', which has {}", group.name, group.count),
        )),
    };
    let parse = |text: &str| numbers(text, node, file).map(|range| *range.start());
    let edges = match (source_number, target_number) {
        (Some(from), Some(to)) => {
            let weight = weights(node, file)?.map_or(Ok(0.0), |w| w.number(file))?;
            vec![Edge { from: within(source, parse(from)?)?, to: within(target, parse(to)?)?, weight }]
        }
        (None, None) => match node.need("type", file)?.text(file)? {
            "dense" => dense(source, target, node, file)?,
            "sparse" => sparse(source, target, within, node, file)?,
            "conv2d" => convolution(source, target, node, file)?,
            other => {
                return Err(node.error(
                    file,
                    format_args!("edges of type '{other}': dense, sparse and conv2d are known"),
                ));
            }
        },
        _ => {
            return Err(node.error(
                file,
                format_args!("'{ends}' joins a neuron to a group: name a neuron on both sides or on none"),
            ));
        }
    };
    if network.edges.len() + edges.len() > Network::MOST_EDGES {
        return Err(node.error(file, format_args!("more than {} synapses", Network::MOST_EDGES)));
    }
    network.edges.extend(edges);
    Ok(())
}

/// The weight or the list of weights, given as such or for the synapse unit.
fn weights<'a>(node: &'a Node, file: &str) -> Result<Option<&'a Node>, ChipError> {
    let direct = node.get("weight", file)?.or(node.get("w", file)?);
    match (direct, node.get("synapse", file)?) {
        (None, Some(synapse)) => Ok(synapse.get("weight", file)?.or(synapse.get("w", file)?)),
        (direct, _) => Ok(direct),
    }
}

fn weight_list(node: &Node, needed: usize, file: &str) -> Result<Vec<f64>, ChipError> {
    let Some(list) = weights(node, file)? else { return Ok(vec![0.0; needed]) };
    let weights: Vec<f64> = list.items().iter().map(|w| w.number(file)).collect::<Result<_, _>>()?;
    match weights.len() >= needed {
        true => Ok(weights),
        false => {
            Err(list.error(file, format_args!("{} weights are given and {needed} needed", weights.len())))
        }
    }
}

fn dense(source: &Group, target: &Group, node: &Node, file: &str) -> Result<Vec<Edge>, ChipError> {
    let pairs = source.count.saturating_mul(target.count);
    if pairs > Network::MOST_EDGES {
        return Err(node.error(file, format_args!("{pairs} synapses are more than {}", Network::MOST_EDGES)));
    }
    let weights = weight_list(node, pairs, file)?;
    let edge = |i: usize| Edge {
        from: (source.first + i / target.count) as u32,
        to: (target.first + i % target.count) as u32,
        weight: weights[i],
    };
    Ok((0..pairs).map(edge).collect())
}

fn sparse(
    source: &Group,
    target: &Group,
    within: impl Fn(&Group, usize) -> Result<u32, ChipError>,
    node: &Node,
    file: &str,
) -> Result<Vec<Edge>, ChipError> {
    let pairs = node.need("source_target_pairs", file)?.items();
    let weights = weight_list(node, pairs.len(), file)?;
    let edge = |(pair, weight): (&Node, &f64)| match pair.items() {
        [from, to] => Ok(Edge {
            from: within(source, from.parse(file, "the number of a neuron")?)?,
            to: within(target, to.parse(file, "the number of a neuron")?)?,
            weight: *weight,
        }),
        _ => Err(pair.error(file, "a pair [source, target] is expected")),
    };
    pairs.iter().zip(&weights).map(edge).collect()
}

/// A convolution without padding: neurons are numbered channel by channel, row by row; weights `[y][x][input channel]
/// [kernel]`.
fn convolution(source: &Group, target: &Group, node: &Node, file: &str) -> Result<Vec<Edge>, ChipError> {
    let whole = |key: &str| match node.need(key, file)?.parse::<usize>(file, "a whole number")? {
        value @ 1..=65_536 => Ok(value),
        value => Err(node.error(file, format_args!("{key} {value} must lie between 1 and 65536"))),
    };
    let (width, height, channels) = (whole("input_width")?, whole("input_height")?, whole("input_channels")?);
    let (across, down, kernels) = (whole("kernel_width")?, whole("kernel_height")?, whole("kernel_count")?);
    let (stride_x, stride_y) = (whole("stride_width")?, whole("stride_height")?);
    if across > width || down > height {
        return Err(
            node.error(file, format_args!("a kernel of {across} x {down} does not fit {width} x {height}"))
        );
    }
    let (columns, rows) = ((width - across) / stride_x + 1, (height - down) / stride_y + 1);
    for (what, group, count) in
        [("source", source, width * height * channels), ("target", target, columns * rows * kernels)]
    {
        if group.count != count {
            return Err(node.error(
                file,
                format_args!(
                    "the convolution has {count} {what} neurons, group '{}' {}",
                    group.name, group.count
                ),
            ));
        }
    }
    let synapses =
        [columns, rows, kernels, channels, across, down].into_iter().fold(1_usize, usize::saturating_mul);
    if synapses > Network::MOST_EDGES {
        return Err(
            node.error(file, format_args!("{synapses} synapses are more than {}", Network::MOST_EDGES))
        );
    }
    let weights = weight_list(node, across * down * channels * kernels, file)?;
    let mut edges = Vec::with_capacity(synapses);
    for to in 0..target.count {
        let (kernel, row, column) = (to / (columns * rows), to / columns % rows, to % columns);
        for channel in 0..channels {
            for y in 0..down {
                for x in 0..across {
                    let from = (channel * height + row * stride_y + y) * width + column * stride_x + x;
                    let weight = weights[((y * across + x) * channels + channel) * kernels + kernel];
                    edges.push(Edge {
                        from: (source.first + from) as u32,
                        to: (target.first + to) as u32,
                        weight,
                    });
                }
            }
        }
    }
    Ok(edges)
}

fn map(
    network: &mut Network,
    chip: &Chip,
    text: &str,
    node: &Node,
    rank: &mut usize,
    file: &str,
) -> Result<(), ChipError> {
    let (group, number) = address(network, text, node, file)?;
    let (first, count) = (group.first, group.count);
    let range = match number {
        Some(number) => numbers(number, node, file)?,
        None if count == 0 => return Ok(()),
        None => 0..=count - 1,
    };
    if *range.end() >= count {
        return Err(node.error(
            file,
            format_args!("neuron {} of group '{}', which has {count}", range.end(), group.name),
        ));
    }
    let place = node.need("core", file)?;
    let core = place.text(file)?;
    let core = core
        .split_once('.')
        .and_then(|(tile, offset)| Some((tile.parse::<usize>().ok()?, offset.parse::<usize>().ok()?)))
        .filter(|(tile, offset)| chip.tiles.get(*tile).is_some_and(|t| *offset < t.cores.len()))
        .map(|(tile, offset)| chip.tiles[..tile].iter().map(|t| t.cores.len()).sum::<usize>() + offset)
        .ok_or_else(|| {
            place.error(file, format_args!("'{core}' is no core (tile.core) of chip '{}'", chip.name))
        })?;
    let unit = |key: &str| node.get(key, file)?.map(|n| n.text(file).map(str::to_owned)).transpose();
    let (synapse, dendrite, soma) = (unit("synapse")?, unit("dendrite")?, unit("soma")?);
    for neuron in &mut network.neurons[first + range.start()..=first + range.end()] {
        neuron.mapped = Some((core, *rank));
        *rank += 1;
        // Edges took the unit of the group, where it names one, before the mapping was read.
        neuron.synapse = neuron.synapse.take().or_else(|| synapse.clone());
        neuron.dendrite = dendrite.clone().or(neuron.dendrite.take());
        neuron.soma = soma.clone().or(neuron.soma.take());
    }
    Ok(())
}
