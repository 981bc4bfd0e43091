//! Any bytes as a file of the format `aedat4`.

#![no_main]

use synfire_datasets::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synfire_fuzz::try_format(Format::Aedat4, bytes));
