//! Parts that several writers share, that go on, that are of version 1; kinds of record.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_record_does_not_depend_on_how_many_writers_share_its_layers() {
    let chunk = |writer: &mut RunWriter, layer: u16, first: u32| {
        writer.activity(&[activity(first, layer, Projection::OIn, 8)]).unwrap();
        writer.spikes(plain(layer, Projection::OIn, first..first + 4, 8)).unwrap();
    };
    let folder = |shares: &[&[u16]]| {
        let home = tempfile::tempdir().unwrap();
        let (manifest, _lock) = RunWriter::prepare(home.path(), manifest(), false).unwrap();
        let mut recorded = std::collections::BTreeMap::new();
        for layers in shares {
            let start = layers.iter().map(|layer| (*layer, Recorded::default())).collect();
            let mut writer = RunWriter::attach(home.path(), manifest.clone(), &start).unwrap();
            for first in (0..20).step_by(4) {
                layers.iter().for_each(|layer| chunk(&mut writer, *layer, first));
                if first % 8 == 4 {
                    writer.end_part().unwrap();
                }
            }
            recorded.extend(writer.close().unwrap());
        }
        manifest.ended(Some(serde_json::Value::Null), 20, &recorded).write(home.path()).unwrap();
        let reader = RunReader::open(home.path()).unwrap();
        assert_eq!(reader.manifest().spike_rows, 3 * 5 * 32);
        let files = reader.spike_parts().unwrap().into_iter().chain(reader.activity_parts().unwrap());
        let bytes: Vec<_> =
            files.map(|path| (path.file_name().map(ToOwned::to_owned), fs::read(path).unwrap())).collect();
        assert_eq!(bytes.len(), 2 * 3 * 3);
        (bytes, fs::read(home.path().join("manifest.json")).unwrap())
    };
    let whole = folder(&[&[0, 1, 2]]);
    assert!(whole == folder(&[&[2], &[0, 1]]));
    assert!(whole == folder(&[&[1], &[0], &[2]]));
}

#[test]
fn a_writer_that_goes_on_removes_what_lies_beyond_and_leaves_the_same_bytes() {
    let write = |writer: &mut RunWriter, chunks: std::ops::Range<u32>| {
        for first in chunks.map(|chunk| chunk * 4) {
            for layer in 0..3 {
                writer.activity(&[activity(first, layer, Projection::OIn, 8)]).unwrap();
                writer.spikes(plain(layer, Projection::OIn, first..first + 4, 8)).unwrap();
            }
        }
    };
    let parts = |dir: &Path| -> Vec<Vec<u8>> {
        let reader = RunReader::open(dir).unwrap();
        let files = reader.spike_parts().unwrap().into_iter().chain(reader.activity_parts().unwrap());
        files.map(|path| fs::read(path).unwrap()).collect()
    };
    let home = tempfile::tempdir().unwrap();
    let (whole, cut) = (home.path().join("whole"), home.path().join("cut"));
    let start = (0..3).map(|layer| (layer, Recorded::default())).collect();
    for dir in [&whole, &cut] {
        let (manifest, _lock) = RunWriter::prepare(dir, manifest(), false).unwrap();
        let mut writer = RunWriter::attach(dir, manifest.clone(), &start).unwrap();
        write(&mut writer, 0..2);
        let mut recorded = writer.end_part().unwrap();
        if dir == &cut {
            write(&mut writer, 2..3);
            writer.interrupt(12).unwrap();
            fs::write(dir.join("spikes/part-00007-layer-000.parquet.tmp"), "").unwrap();
            assert_eq!(parts(dir).len(), 12);
            writer = RunWriter::attach(dir, manifest.clone(), &recorded).unwrap();
            assert_eq!(fs::read_dir(dir.join("spikes")).unwrap().count(), 3);
        }
        write(&mut writer, 2..4);
        recorded = writer.end_part().unwrap();
        assert_eq!(recorded[&1], Recorded { parts: 2, event_rows: 128, activity_rows: 4 });
        writer.finish(serde_json::Value::Null, 16).unwrap();
    }
    assert!(parts(&whole) == parts(&cut));
    let read = |dir: &Path| fs::read(dir.join("manifest.json")).unwrap();
    assert_eq!(read(&whole), read(&cut));
}

#[test]
fn records_of_version_1_whose_parts_hold_all_layers_are_read() {
    let (_home, dir) = run();
    let text = fs::read_to_string(dir.join("manifest.json")).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    let fields = fields_of(&mut old);
    ["record", "sampling", "count_rows", "count_parts"].iter().for_each(|field| drop(fields.remove(*field)));
    fields["schema_version"] = 1.into();
    for (table, count) in [("spikes", "spike_parts"), ("activity", "activity_parts")] {
        let part = |layer: u16| dir.join(table).join(format!("part-00000-layer-{layer:03}.parquet"));
        fs::rename(part(0), dir.join(table).join("part-00000.parquet")).unwrap();
        fs::rename(part(1), dir.join(table).join("part-00001.parquet")).unwrap();
        fs::remove_file(part(2)).unwrap();
        fields[count] = 2.into();
    }
    for status in ["complete", "incomplete"] {
        fields_of(&mut old)["status"] = status.into();
        fs::write(dir.join("manifest.json"), old.to_string()).unwrap();
        assert_eq!(RunReader::open(&dir).unwrap().manifest().record, RecordKind::Events);
        assert_eq!(events(&dir, &SpikeFilter::default()).len(), 1920);
        assert_eq!(rows(&dir).len(), 240);
    }
}

fn fields_of(manifest: &mut serde_json::Value) -> &mut serde_json::Map<String, serde_json::Value> {
    manifest.as_object_mut().unwrap()
}

#[test]
fn what_a_record_does_not_hold_is_refused_with_the_remedy() {
    for (kind, remedy) in [(RecordKind::Counts, "--record events"), (RecordKind::Activity, "--record events")]
    {
        let home = tempfile::tempdir().unwrap();
        let manifest = Manifest { record: kind, ..manifest() };
        let mut writer = RunWriter::create(home.path(), manifest, false).unwrap();
        let refused = writer.spikes(plain(0, Projection::OIn, 0..1, 4)).unwrap_err().to_string();
        assert!(refused.contains(remedy), "{refused}");
        let other = writer.activity(&[activity(0, 9, Projection::OIn, 8)]).unwrap_err();
        assert!(matches!(other, RecordError::UnknownLayer { layer: 9, .. }), "{other}");
        writer.activity(&[activity(0, 0, Projection::OIn, 8)]).unwrap();
        writer.finish(serde_json::Value::Null, 1).unwrap();
        let reader = RunReader::open(home.path()).unwrap();
        let refused = reader.spikes(&SpikeFilter::default()).unwrap_err().to_string();
        assert!(refused.contains(remedy) && refused.contains(kind.name()), "{refused}");
        assert_eq!(rows(home.path()).len(), 1);
        assert!(!home.path().join("spikes").exists());
    }
}
