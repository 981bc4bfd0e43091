//! What a profile can price: each key of the file, with its section and its meaning.

use serde::Serialize;

macro_rules! quantities {
    ($($variant:ident $section:literal $key:literal $meaning:literal),* $(,)?) => {
        /// An energy that a profile may give.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Quantity {
            $(#[doc = $meaning] $variant),*
        }

        impl Quantity {
            /// Every quantity.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Section of the file.
            #[must_use]
            pub fn section(self) -> &'static str {
                match self { $(Self::$variant => $section),* }
            }

            /// Key in its section, with the unit.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            /// What it is the energy of.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

quantities! {
    Int8Add "arithmetic" "int8_add_pj" "INT8 addition",
    Int16Add "arithmetic" "int16_add_pj" "INT16 addition",
    Int32Add "arithmetic" "int32_add_pj" "INT32 addition",
    Fp16Add "arithmetic" "fp16_add_pj" "FP16 addition",
    Fp32Add "arithmetic" "fp32_add_pj" "FP32 addition",
    Int8Multiply "arithmetic" "int8_multiply_pj" "INT8 multiplication",
    Int32Multiply "arithmetic" "int32_multiply_pj" "INT32 multiplication",
    Fp16Multiply "arithmetic" "fp16_multiply_pj" "FP16 multiplication",
    Fp32Multiply "arithmetic" "fp32_multiply_pj" "FP32 multiplication",
    Shift "arithmetic" "shift_pj" "shift of a weight by the weight of its step",
    Round "arithmetic" "round_pj" "rounding to an integer",
    Divide "arithmetic" "divide_pj" "division",
    Exponential "arithmetic" "exponential_pj" "exponential or logarithm",
    SquareRoot "arithmetic" "square_root_pj" "square root",
    SynapticEvent "event" "synaptic_event_pj" "synaptic event: fetch of the weight and accumulation",
    NeuronAccess "event" "neuron_access_pj" "access of a neuron, at every virtual time step",
    NeuronUpdate "event" "neuron_update_pj" "update of a neuron that is not silent, at every virtual time step",
    InactiveNeuronUpdate "event" "inactive_neuron_update_pj" "update of a silent neuron, at every virtual time step",
    SpikeOut "event" "spike_out_pj" "generation of a spike",
    AxonOut "event" "axon_out_pj" "message of a spike to one core, at its source",
    AxonIn "event" "axon_in_pj" "message of a spike to one core, at its target",
    RouteEvent "event" "route_event_pj" "message of a spike over the network, whatever the distance",
    ControlPerEvent "event" "control_per_event_pj" "control of an event: handshake, spike detection",
    HorizontalHop "mesh" "horizontal_hop_pj" "hop of a message to the east or west",
    VerticalHop "mesh" "vertical_hop_pj" "hop of a message to the north or south",
    OffChip "off_chip" "access_pj" "access of off-chip memory",
    Leakage "static" "leakage_mw" "leakage and idle power of the chip, mW",
}
