#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| access_groups_fuzz::query(data));
