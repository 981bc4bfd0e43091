//! Calls of the `synfire` command, as a user would make them.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test takes what it needs")]

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A call in `folder`.
pub(crate) fn synfire(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("synfire").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

/// Standard output of a call that must succeed.
pub(crate) fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = synfire(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON that a call prints which must succeed.
pub(crate) fn told(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(folder, arguments)).unwrap()
}

/// The JSON in a file.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A call that goes on beside the test, and whose output nobody hears.
pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Child {
    start_with(folder, arguments, Stdio::null)
}

/// The same; both outputs go to `output`.
pub(crate) fn start_with(folder: &Path, arguments: &[&str], output: fn() -> Stdio) -> Child {
    std::process::Command::new(assert_cmd::cargo::cargo_bin!("synfire"))
        .current_dir(folder)
        .args(arguments)
        .stdout(output())
        .stderr(output())
        .spawn()
        .unwrap()
}

/// The one line on standard error of a call that must fail.
pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = synfire(folder, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
    assert!(
        error.starts_with("synfire: ") && error.trim_end().lines().count() == 1,
        "{arguments:?}: {error}"
    );
    error
}

/// Every file below a folder and its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Two folders hold the same files with the same bytes.
pub(crate) fn assert_same(a: &Path, b: &Path, what: &str) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    for (path, bytes) in &a {
        assert!(bytes == &b[path], "{what}: {} differs", path.display());
    }
}

/// Waits until `file` exists; whether it does, and the run that writes it has not ended before.
pub(crate) fn appears(run: &mut Child, file: &Path) -> bool {
    let begun = Instant::now();
    while !file.exists() {
        if run.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{} does not appear", file.display());
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Sends `signal` to a run.
pub(crate) fn send(run: &Child, signal: &str) {
    let kill = std::process::Command::new("kill").args(["-s", signal, &run.id().to_string()]).status();
    assert!(kill.unwrap().success());
}

/// Waits until `file` exists, sends `signal`, and waits for the end; whether the run ended by itself before.
pub(crate) fn end_when(mut run: Child, file: &Path, signal: &str) -> bool {
    if !appears(&mut run, file) {
        return true;
    }
    send(&run, signal);
    run.wait().unwrap().success()
}

/// Writes the golden dense checkpoint to `folder`, with NaN at the start of `tensor`.
pub(crate) fn with_nan(folder: &Path, tensor: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dense");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::copy(golden.join("config.json"), folder.join("config.json")).unwrap();
    let mut bytes = std::fs::read(golden.join("model.safetensors")).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let tensors: Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    assert_eq!(tensors[tensor]["dtype"], "F32");
    let at = 8 + header + tensors[tensor]["data_offsets"][0].as_u64().unwrap() as usize;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
}
