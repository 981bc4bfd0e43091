//! Each parser against bytes worked out by hand, and against an encoder of its format.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// Time in microseconds, column, row, polarity.
type Event = (i64, u16, u16, bool);

fn parsed(parse: Parser, bytes: &[u8]) -> Result<Events, FormatError> {
    parse(bytes, Path::new("camera.file"), &ReadOptions::default())
}

fn list(events: &Events) -> Vec<Event> {
    let columns = events.times_us.iter().zip(&events.pixels).zip(&events.on);
    columns.map(|((&time, &pixel), &on)| (time, (pixel & 0xffff) as u16, (pixel >> 16) as u16, on)).collect()
}

fn words<const N: usize>(header: &[u8], words: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    header.iter().copied().chain(words.into_iter().flatten()).collect()
}

fn n_mnist(events: &[Event]) -> Vec<u8> {
    let event = |&(t, x, y, on): &Event| {
        let [_, high, middle, low] = (t as u32).to_be_bytes();
        [x as u8, y as u8, u8::from(on) << 7 | high, middle, low]
    };
    words(&[], events.iter().map(event))
}

fn packet3(kind: i16, source: i16, overflow: i32, events: &[(u32, i32)]) -> Vec<u8> {
    let mut bytes = words(&[], [kind.to_le_bytes(), source.to_le_bytes()]);
    let count = events.len() as i32;
    bytes.extend([8, 4, overflow, count, count, count].into_iter().flat_map(i32::to_le_bytes));
    for (word, time) in events {
        bytes.extend(word.to_le_bytes());
        bytes.extend(time.to_le_bytes());
    }
    bytes
}

fn word3(x: u16, y: u16, on: bool) -> u32 {
    u32::from(x) << 17 | u32::from(y) << 2 | u32::from(on) << 1 | 1
}

fn aedat3(events: &[Event]) -> Vec<u8> {
    let mut bytes = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 0: DVS128\r\n#!END-HEADER\r\n".to_vec();
    for &(t, x, y, on) in events {
        bytes.extend(packet3(0, 0, 0, &[(1, 0)]));
        bytes.extend(packet3(1, 0, (t >> 31) as i32, &[(word3(x, y, on), (t & 0x7fff_ffff) as i32)]));
    }
    bytes
}

/// The FlatBuffer of a packet of events, behind its size.
fn evts(events: &[Event]) -> Vec<u8> {
    // Root at 12; vtable at 20 (6 bytes: its size, the table's, field 0 at 4); the vector's length at 28, then events.
    let mut bytes =
        words(b"", [12_u32.to_le_bytes(), *b"EVTS", [0; 4], (-8_i32).to_le_bytes(), 12_u32.to_le_bytes()]);
    bytes.extend([6_u16, 8, 4, 0].into_iter().flat_map(u16::to_le_bytes));
    bytes.extend((events.len() as u32).to_le_bytes());
    for &(t, x, y, on) in events {
        bytes.extend(t.to_le_bytes());
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
        bytes.extend([u8::from(on), 0, 0, 0]);
    }
    prefixed(&bytes)
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_le_bytes(), bytes].concat()
}

const XML: &str = r#"<dv version="2.0"><node name="outInfo"><node name="7"><attr key="typeIdentifier">EVTS</attr>
<node name="info"><attr key="sizeX">346</attr><attr key="sizeY">260</attr></node></node></node></dv>"#;

/// Header and packets, which are compressed as `compression` says.
fn aedat4(compression: u32, packets: &[(i32, Vec<u8>)]) -> Vec<u8> {
    // Root at 8; vtable at 20 (10 bytes: its size, the table's, fields 0 and 2 at 4 and 8, field 1 left out).
    let mut header =
        words(b"", [8_u32.to_le_bytes(), *b"IOHE", (-12_i32).to_le_bytes(), compression.to_le_bytes()]);
    header.extend(16_u32.to_le_bytes());
    header.extend([10_u16, 12, 4, 0, 8, 0].into_iter().flat_map(u16::to_le_bytes));
    header.extend(prefixed(XML.as_bytes()));
    let mut bytes = [b"#!AER-DAT4.0\r\n".to_vec(), prefixed(&header)].concat();
    for (stream, packet) in packets {
        bytes.extend(stream.to_le_bytes());
        bytes.extend(prefixed(&compress(compression, packet)));
    }
    bytes
}

fn compress(compression: u32, packet: &[u8]) -> Vec<u8> {
    use std::io::Write;
    match compression {
        0 => packet.to_vec(),
        1 | 2 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(packet).unwrap();
            encoder.finish().unwrap()
        }
        _ => zstd::encode_all(packet, 3).unwrap(),
    }
}

fn evt2(events: &[Event]) -> Vec<u8> {
    let word = |&(t, x, y, on): &Event| {
        let high = 8 << 28 | (t >> 6) as u32 & 0x0fff_ffff;
        let event = u32::from(on) << 28 | (t as u32 & 0x3f) << 22 | u32::from(x) << 11 | u32::from(y);
        [high.to_le_bytes(), event.to_le_bytes()]
    };
    words(b"% evt 2.0\n% geometry 128x128\n% end\n", events.iter().flat_map(word))
}

fn evt3(events: &[Event]) -> Vec<u8> {
    let word = |&(t, x, y, on): &Event| {
        let (high, low) = (0x8000 | (t >> 12) as u16 & 0xfff, 0x6000 | t as u16 & 0xfff);
        [high, low, y, 0x2000 | u16::from(on) << 11 | x].map(u16::to_le_bytes)
    };
    words(b"% evt 3.0\n% geometry 128x128\n% end\n", events.iter().flat_map(word))
}

fn events(span_us: i64) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0..span_us, 0..128_u16, 0..128_u16, any::<bool>()), 0..50).prop_map(
        |mut events| {
            events.sort_by_key(|event| event.0);
            events
        },
    )
}

proptest! {
    #[test]
    fn n_mnist_gives_back_what_was_encoded(events in events(1 << 23)) {
        prop_assume!(!events.is_empty());
        prop_assert_eq!(list(&parsed(nmnist::parse, &n_mnist(&events)).unwrap()), events);
    }

    #[test]
    fn aedat3_gives_back_what_was_encoded(events in events(1 << 40)) {
        prop_assert_eq!(list(&parsed(aedat3::parse, &aedat3(&events)).unwrap()), events);
    }

    #[test]
    fn aedat4_gives_back_what_was_encoded(a in events(1 << 50), b in events(1 << 50), compression in 0_u32..5) {
        let bytes = aedat4(compression, &[(7, evts(&a)), (3, b"another stream".to_vec()), (7, evts(&b))]);
        let events = parsed(aedat4::parse, &bytes).unwrap();
        prop_assert_eq!(list(&events), [a, b].concat());
        prop_assert_eq!(events.sensors, [(346, 260)]);
    }

    #[test]
    fn evt2_gives_back_what_was_encoded(events in events(1 << 33)) {
        prop_assert_eq!(list(&parsed(evt2::parse, &evt2(&events)).unwrap()), events);
    }

    #[test]
    fn evt3_gives_back_what_was_encoded(events in events(1 << 23)) {
        prop_assert_eq!(list(&parsed(evt3::parse, &evt3(&events)).unwrap()), events);
    }

    #[test]
    fn units_are_numbered_alike_by_table_and_by_sorting(pixels in prop::collection::vec(0..1000_u32, 0..200)) {
        let (mut by_table, mut by_sorting) = (pixels.clone(), pixels.clone());
        let ids = number(&mut by_table, 1000);
        prop_assert_eq!(&ids, &number(&mut by_sorting, 1 << 30));
        prop_assert_eq!(&by_table, &by_sorting);
        let back: Vec<i64> = by_table.iter().map(|&unit| ids[unit as usize]).collect();
        prop_assert_eq!(back, pixels.into_iter().map(i64::from).collect::<Vec<_>>());
    }
}

#[test]
fn n_mnist_bits_are_where_the_page_says() {
    // x 17, y 8, then 1_0000000 00001001 11011001: ON at 9 * 256 + 217 = 2521 us; 0_0000001 0.. 0..: OFF at 65536 us.
    let bytes = [17, 8, 0x80, 9, 217, 3, 4, 0x01, 0, 0];
    let events = parsed(nmnist::parse, &bytes).unwrap();
    assert_eq!(list(&events), [(2521, 17, 8, true), (65_536, 3, 4, false)]);
}

#[test]
fn a_mark_of_overflow_moves_what_follows_by_8192_us() {
    let bytes = n_mnist(&[
        (8000, 1, 1, true),
        (0, 0, 240, false),
        (5, 2, 2, true),
        (0, 9, 240, true),
        (6, 3, 3, true),
    ]);
    let events = parsed(nmnist::parse, &bytes).unwrap();
    assert_eq!(events.times_us, [8000, 8192 + 5, 2 * 8192 + 6]);
}

#[test]
fn n_mnist_takes_the_smallest_sensor_that_holds_its_events() {
    for (x, y, sensor) in
        [(33, 33, (34, 34)), (34, 0, (240, 180)), (239, 179, (240, 180)), (0, 180, (256, 256))]
    {
        let events = parsed(nmnist::parse, &n_mnist(&[(0, x, y, true)])).unwrap();
        assert_eq!(events.sensor(Path::new("")).unwrap(), sensor);
    }
}

#[test]
fn aedat3_leaves_out_invalid_events_and_other_packets_and_counts_overflows() {
    let mut bytes = aedat3(&[]);
    // x 5 << 17 = 0xa0000, y 6 << 2 = 0x18, ON 0x2, valid 0x1.
    bytes.extend(packet3(1, 0, 2, &[(0x000a_001b, 7), (0x000a_001a, 8)]));
    bytes.extend(packet3(3, 0, 0, &[(0xffff_ffff, -1)]));
    let events = parsed(aedat3::parse, &bytes).unwrap();
    assert_eq!(list(&events), [(2 * 2_147_483_648 + 7, 5, 6, true)]);
    assert_eq!(events.sensors, [(128, 128)]);
}

#[test]
fn the_sample_chooses_the_camera() {
    let mut bytes = aedat3(&[]);
    for source in [4, 2, 4] {
        bytes.extend(packet3(1, source, 0, &[(word3(source as u16, 0, true), 0)]));
    }
    let of = |sample| {
        let options = ReadOptions { sample, ..ReadOptions::default() };
        aedat3::parse(&bytes, Path::new("pair.aedat"), &options)
    };
    assert_eq!(of(0).unwrap().pixels, [4, 4]);
    assert_eq!(of(1).unwrap().pixels, [2]);
    assert_eq!(
        of(2).unwrap_err().to_string(),
        "pair.aedat: sample is 2; the file has events of 2 cameras; count them from 0"
    );
}

#[test]
fn aedat4_that_claims_to_grow_without_bound_is_refused() {
    let mut packet = evts(&[]);
    packet[..4].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    for compression in [0, 1, 3] {
        let error =
            parsed(aedat4::parse, &aedat4(compression, &[(7, packet.clone())])).unwrap_err().to_string();
        assert!(error.contains("camera.file: packet at byte") && error.contains("1073741824"), "{error}");
    }
    // 64 MiB of zeros in a frame of Zstandard of some KiB.
    let bomb = prefixed(&vec![0; 1 << 26]);
    let error = parsed(aedat4::parse, &aedat4(3, &[(7, bomb)])).unwrap_err().to_string();
    assert!(error.contains("where at most"), "{error}");
}

#[test]
fn aedat4_offsets_that_lead_out_are_refused() {
    let whole = evts(&[(1, 2, 3, true)]);
    for at in [4, 16, 20, 24, 32] {
        let mut packet = whole.clone();
        packet[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        let error = parsed(aedat4::parse, &aedat4(0, &[(7, packet)])).unwrap_err().to_string();
        assert!(error.contains("an offset leads out of it"), "{at}: {error}");
    }
}

#[test]
fn evt2_bits_are_where_the_page_says() {
    // Time high 3 (3 << 6 = 192 us); ON, low time 5, x 2, y 1: 0x1 << 28 | 5 << 22 | 2 << 11 | 1 = 0x1140_1001.
    // The first event comes before any time high; 0xa... is a trigger.
    let bytes = words(
        b"",
        [0x1140_1001_u32, 0x8000_0003, 0x1140_1001, 0xa000_0000, 0x0000_0000].map(u32::to_le_bytes),
    );
    assert_eq!(list(&parsed(evt2::parse, &bytes).unwrap()), [(197, 2, 1, true), (192, 0, 0, false)]);
}

#[test]
fn evt3_words_change_the_state_as_the_page_says() {
    let bytes = words(
        b"% format EVT3;height=20;width=40\n% end\n",
        [
            0x2001, // An event before any time: left out.
            0x8001, 0x6002, // 1 << 12 | 2 = 4098 us.
            0x000a, // Row 10.
            0x2805, // ON at column 5.
            0x3010, // Vectors from column 16, OFF.
            0x4801, // Bits 0 and 11: columns 16 and 27.
            0x5080, // Bit 7 from 28 on: column 35.
            0x4020, // Bit 5 from 36 on: column 41, outside.
            0x8001, 0x2006, // The high part stays, and so the low one.
            0x8002, 0x2007, // It moves: 2 << 12.
            0xa001, 0x7abc, 0xe001, // Trigger and vendor words.
            0x1003, 0x2008, // A row of exposure events.
            0x0014, 0x2009, // Row 20: outside.
        ]
        .map(u16::to_le_bytes),
    );
    let expected = [
        (4098, 5, 10, true),
        (4098, 16, 10, false),
        (4098, 27, 10, false),
        (4098, 35, 10, false),
        (4098, 6, 10, false),
        (8192, 7, 10, false),
    ];
    let events = parsed(evt3::parse, &bytes).unwrap();
    assert_eq!(list(&events), expected);
    assert_eq!(events.sensors, [(40, 20)]);
}

#[test]
fn high_time_that_starts_again_goes_on() {
    let bytes = words(b"", [0x0001, 0x8fff, 0x2001, 0x8000, 0x2002, 0x8fff, 0x2003].map(u16::to_le_bytes));
    let events = parsed(evt3::parse, &bytes).unwrap();
    assert_eq!(events.times_us, [4095 << 12, 1 << 24, (1 << 24) + (4095 << 12)]);
    let bytes = words(b"", [0x8fff_ffff_u32, 0, 0x8000_0000, 0].map(u32::to_le_bytes));
    assert_eq!(parsed(evt2::parse, &bytes).unwrap().times_us, [0x0fff_ffff << 6, 1 << 34]);
}

#[test]
fn events_out_of_order_are_sorted_and_those_of_equal_time_stay() {
    let mut events = Events::of(&[(4, 4)]);
    for (time_us, x) in [(5, 0), (3, 1), (5, 2), (3, 3)] {
        events.push(time_us, x, 1, x < 2);
    }
    let recording = events.into_recording(Path::new(""), &ReadOptions::default()).unwrap();
    assert_eq!(recording.times_s, [3e-6, 3e-6, 5e-6, 5e-6]);
    assert_eq!(recording.units, [1, 3, 0, 2]);
    assert_eq!(recording.unit_ids, [4, 5, 6, 7]);
    assert_eq!(recording.polarities.unwrap(), [true, false, true, false]);
    assert_eq!((recording.start_s, recording.stop_s), (3e-6, 5e-6));
}

#[test]
fn an_event_outside_the_sensor_is_named() {
    let error = parsed(aedat3::parse, &aedat3(&[(0, 1, 1, true), (0, 128, 3, true)])).unwrap();
    let error = error.sensor(Path::new("a.aedat")).unwrap_err().to_string();
    assert_eq!(
        error,
        "a.aedat: pixel of event 1 is (128, 3); the sensor has 128 x 128 pixels; the file is damaged"
    );
}

#[test]
fn headers_of_another_encoding_or_size_are_refused() {
    let error = |parse: Parser, header: &[u8]| parsed(parse, header).unwrap_err().to_string();
    assert!(error(evt3::parse, b"% evt 2.0\n").contains("is not evt3: its header says EVT 2.0"));
    assert!(error(evt2::parse, b"% format EVT21;height=1\n").contains("EVT 21"));
    assert!(error(evt3::parse, b"% geometry 0x720\n").contains("size of the sensor is 0x720"));
    assert!(error(evt3::parse, b"% endianness big\n").contains("byte order is big"));
    assert!(error(evt3::parse, b"% evt 3.0").contains("cut off at byte 9"));
    assert!(error(aedat3::parse, b"#!AER-DAT3.0\r\n").contains("is not aedat3"));
    assert!(error(aedat4::parse, b"#!AER-DAT2.0\r\n").contains("is not aedat4"));
    assert!(error(nmnist::parse, b"").contains("it is empty"));
}
