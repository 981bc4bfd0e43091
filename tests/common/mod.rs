//! Calls of the `synfire` command, as a user would make them.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test takes what it needs")]

use assert_cmd::Command;
use std::path::Path;

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
