//! Any bytes as a file of the format `nmnist`.

#![no_main]

use synfire_datasets::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synfire_fuzz::try_format(Format::NMnist, bytes));
