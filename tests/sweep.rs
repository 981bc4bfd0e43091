//! `synfire sweep`, called as a user would: interrupted, resumed, extended.
#![cfg(feature = "polars")]
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const GRID: [&str; 8] =
    ["sweep", "--k", "2,2.5,3,3.5,4", "--tokens", "1500", "--coding", "bitwise-signed,ternary", "--threads"];

fn sweep(home: &Path, out: &str, threads: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synfire"));
    command.current_dir(home).args(GRID).arg(threads).args(["--out", out, "--csv"]);
    command
}

fn passes(folder: &Path) -> usize {
    let whole =
        |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path().extension().unwrap() == "json";
    std::fs::read_dir(folder.join("passes"))
        .map_or(0, |entries| entries.map(whole).filter(|json| *json).count())
}

#[test]
fn a_sweep_that_was_killed_goes_on_to_the_table_of_one_that_ran_through() {
    let home = tempfile::tempdir().unwrap();
    let through = sweep(home.path(), "through", "2").output().unwrap();
    assert!(through.status.success(), "{}", String::from_utf8_lossy(&through.stderr));

    let killed = home.path().join("killed");
    let mut child =
        sweep(home.path(), "killed", "1").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while passes(&killed) < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = passes(&killed);
    assert!((2..6).contains(&kept), "{kept} passes were kept");
    assert!(!killed.join("sweep.parquet").exists());

    let resumed = sweep(home.path(), "killed", "1").output().unwrap();
    let told = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert!(resumed.status.success(), "{told}");
    assert!(told.contains(&format!("{} of 6 passes are to be measured", 6 - kept)), "{told}");
    assert_eq!(String::from_utf8_lossy(&resumed.stdout), String::from_utf8_lossy(&through.stdout));
    for file in ["sweep.parquet", "sweep.svg", "sweep.png"] {
        let bytes = |folder: &str| std::fs::read(home.path().join(folder).join(file)).unwrap();
        assert_eq!(bytes("killed"), bytes("through"), "{file}");
    }
}

#[test]
fn a_finished_sweep_is_not_measured_again_and_a_larger_one_adds_to_it() {
    let home = tempfile::tempdir().unwrap();
    let told = |k: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_synfire"))
            .current_dir(home.path())
            .args(["sweep", "--k", k, "--tokens", "60", "--hardware", "45nm"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(told("3").0.contains("2 of 2 passes"));
    assert!(told("3").0.contains("0 of 2 passes"));
    let (progress, text) = told("2,3");
    assert!(progress.contains("1 of 3 passes"), "{progress}");
    for word in ["bits/byte", "uJ/token", "table 11", "0.673"] {
        assert!(text.contains(word), "no '{word}' in\n{text}");
    }
}

#[test]
fn what_cannot_be_swept_is_refused_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("notes.txt"), "mine").unwrap();
    for (arguments, word) in [
        (&["--k", "0"][..], "--k"),
        (&["--k", "3", "--convention", "rumour"], "rumour"),
        (&["--hardware", "abacus"], "abacus"),
        (&["--text", "nowhere.txt"], "nowhere.txt"),
        (&["--block-bytes", "3"], "--block-bytes"),
        (&["--tokens", "1"], "--tokens 1"),
        (&["--tokens", "60", "--out", "."], "holds no sweep"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_synfire"))
            .current_dir(home.path())
            .arg("sweep")
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
}
