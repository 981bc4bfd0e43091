//! Any bytes as a file of the format `nwb`.

#![no_main]

use synfire_datasets::formats::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synfire_fuzz::try_format(Format::Nwb, bytes));
