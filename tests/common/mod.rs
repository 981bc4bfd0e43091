//! Calls of the `synfire` command, as a user would make them.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test takes what it needs")]

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
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

/// Waits until `file` exists, sends `signal`, and waits for the end; whether the run ended by itself before.
pub(crate) fn end_when(mut run: Child, file: &Path, signal: &str) -> bool {
    let begun = Instant::now();
    while !file.exists() {
        if run.try_wait().unwrap().is_some() {
            return true;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{} does not appear", file.display());
        std::thread::sleep(Duration::from_millis(1));
    }
    let killed =
        std::process::Command::new("kill").args(["-s", signal, &run.id().to_string()]).status().unwrap();
    assert!(killed.success());
    run.wait().unwrap().success()
}
