//! Stand-ins in the publishers' layout, and what is refused.
#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;

/// Writes a file and the folders that it needs.
fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// An N-MNIST event.
fn event(x: u8, y: u8, on: bool, time_us: u32) -> [u8; 5] {
    let [_, high, middle, low] = time_us.to_be_bytes();
    [x, y, high | if on { 0x80 } else { 0 }, middle, low]
}

#[test]
fn n_mnist_is_read_digit_by_digit_in_order_of_names() {
    let home = tempfile::tempdir().unwrap();
    put(home.path(), "Train/1/00002.bin", event(1, 0, true, 20));
    put(home.path(), "Train/0/00009.bin", event(9, 0, false, 90));
    put(home.path(), "Train/1/00001.bin", event(0, 1, true, 10));
    put(home.path(), "Train/1/notes.txt", "no sample");
    put(home.path(), "Test/3/00001.bin", event(0, 0, true, 1));
    let digits = n_mnist(home.path(), Split::Train).unwrap();
    let found: Vec<(usize, Vec<i64>)> =
        digits.iter().map(Result::unwrap).map(|sample| (sample.class, sample.recording.unit_ids)).collect();
    assert_eq!(found, [(0, vec![9]), (1, vec![34]), (1, vec![1])]);
    assert_eq!(digits.read(2).unwrap().unwrap().recording.times_s, [20e-6]);
    assert_eq!((digits.class(1), digits.read(3).is_none()), (Some(1), true));
    assert!(digits.path(1).unwrap().ends_with("Train/1/00001.bin"));
    assert_eq!(n_mnist(home.path(), Split::Test).unwrap().len(), 1);
}

#[test]
fn n_mnist_elsewhere_is_refused_with_the_layout() {
    let home = tempfile::tempdir().unwrap();
    let error = n_mnist(home.path(), Split::Train).unwrap_err().to_string();
    assert!(error.contains("Train") && error.contains("a folder for every digit"), "{error}");
    put(home.path(), "Train/readme.txt", "");
    assert!(n_mnist(home.path(), Split::Train).unwrap_err().to_string().contains("without samples"));
    assert!(
        n_mnist(home.path(), Split::Validation).unwrap_err().to_string().contains("choose train or test")
    );
}

/// AEDAT 3.1 with one packet of polarity events: x, y, polarity, time in microseconds.
fn aedat3(events: &[(u32, u32, bool, u32)]) -> Vec<u8> {
    let mut bytes = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 0: DVS128\r\n#!END-HEADER\r\n".to_vec();
    let count = events.len() as u32;
    bytes.extend([1_u16, 0].iter().flat_map(|half| half.to_le_bytes()));
    bytes.extend([8, 4, 0, count, count, count].iter().flat_map(|word: &u32| word.to_le_bytes()));
    for &(x, y, on, time_us) in events {
        bytes.extend((x << 17 | y << 2 | u32::from(on) << 1 | 1).to_le_bytes());
        bytes.extend(time_us.to_le_bytes());
    }
    bytes
}

#[test]
fn gestures_are_the_labelled_parts_of_the_listed_files() {
    let home = tempfile::tempdir().unwrap();
    put(home.path(), "trials_to_train.txt", "user01_led.aedat\n\n");
    put(home.path(), "trials_to_test.txt", "user02_led.aedat\n");
    let events = [(3, 4, true, 1000), (5, 6, false, 2000), (7, 8, true, 3000), (1, 1, true, 4000)];
    put(home.path(), "user01_led.aedat", aedat3(&events));
    put(
        home.path(),
        "user01_led_labels.csv",
        "class,startTime_usec,endTime_usec\n2,1000,2500\n11,2500,4000\n",
    );
    let gestures = dvs_gesture(home.path(), Split::Train).unwrap();
    let samples: Vec<Sample> = gestures.iter().map(Result::unwrap).collect();
    assert_eq!(
        samples.iter().map(|sample| gestures.classes[sample.class]).collect::<Vec<_>>(),
        ["right hand wave", "other gestures"]
    );
    assert_eq!(samples[0].recording.times_s, [0.001, 0.002]);
    assert_eq!((samples[1].recording.times_s.as_slice(), samples[1].recording.stop_s), (&[0.003][..], 0.004));
    assert_eq!(samples[1].recording.sensor, Some((128, 128)));
    assert_eq!(gestures.read(1).unwrap().unwrap(), samples[1]);
}

#[test]
fn labels_that_make_no_sense_are_refused_by_line() {
    let home = tempfile::tempdir().unwrap();
    put(home.path(), "trials_to_train.txt", "user01_led.aedat\n");
    for line in ["12,0,1", "1,5,4", "1,2", "one,2,3"] {
        put(home.path(), "user01_led_labels.csv", format!("class,startTime_usec,endTime_usec\n{line}\n"));
        let error = dvs_gesture(home.path(), Split::Train).unwrap_err().to_string();
        assert!(error.contains("user01_led_labels.csv: line 2") && error.contains(line), "{error}");
    }
    put(home.path(), "trials_to_train.txt", "../elsewhere.aedat\n");
    let error = dvs_gesture(home.path(), Split::Train).unwrap_err().to_string();
    assert!(error.contains("'../elsewhere.aedat'"), "{error}");
}

#[cfg(feature = "hdf5")]
mod heidelberg {
    use super::*;
    use hdf5_metno::File;
    use hdf5_metno::types::VarLenArray;

    fn stand_in(path: &Path, labels: &[i64]) {
        let file = File::create(path).unwrap();
        let spikes = file.create_group("spikes").unwrap();
        let rows = |of: &dyn Fn(usize) -> Vec<f32>| {
            (0..labels.len()).map(|row| VarLenArray::from_slice(&of(row))).collect::<Vec<_>>()
        };
        let times = rows(&|row| (0..=row).map(|i| i as f32 / 8.0).collect());
        let units: Vec<VarLenArray<u16>> =
            (0..labels.len()).map(|row| VarLenArray::from_slice(&vec![699_u16; row + 1])).collect();
        spikes.new_dataset_builder().with_data(&times).create("times").unwrap();
        spikes.new_dataset_builder().with_data(&units).create("units").unwrap();
        file.new_dataset_builder().with_data(labels).create("labels").unwrap();
        file.close().unwrap();
    }

    #[test]
    fn spoken_words_are_read_with_their_classes() {
        let home = tempfile::tempdir().unwrap();
        stand_in(&home.path().join("shd_test.h5"), &[11, 0, 19]);
        stand_in(&home.path().join("ssc_valid.h5"), &[34]);
        let digits = shd(home.path(), Split::Test).unwrap();
        let classes: Vec<&str> = digits.iter().map(|sample| digits.classes[sample.unwrap().class]).collect();
        assert_eq!(classes, ["eins", "zero", "neun"]);
        let sample = digits.read(2).unwrap().unwrap();
        assert_eq!(
            (sample.recording.times_s, sample.recording.unit_ids),
            (vec![0.0, 0.125, 0.25], vec![699])
        );
        let commands = ssc(home.path(), Split::Validation).unwrap();
        assert_eq!(commands.classes[commands.class(0).unwrap()], "zero");
        stand_in(&home.path().join("shd_train.h5"), &[20]);
        let error = shd(home.path(), Split::Train).unwrap_err().to_string();
        assert!(error.contains("labels is 20; sample 0: give 0 to 19"), "{error}");
    }
}
