//! Capsules in one file: what comes back, and what is refused.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use nightjar_capsule::{
    Error, Limits, pack, read, read_archive, unpack, verify_archive, write, write_archive,
};
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{RawAlert, Recording, SpaceId};
use serde_json::json;
use tar::{EntryType, Header};

const MANIFEST: &str = "schema = 1\nname = \"case\"\nredacted = [\"mail addresses\"]\n";
const ALERT: &str = "{\"received_at\":\"2026-01-01T00:00:02Z\",\"payload\":{}}\n";

fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn recording() -> Recording {
    let alert = RawAlert { provider: None, received_at: at(), payload: json!({ "a": 1 }) };
    Recording {
        name: "case".into(),
        redacted: vec!["mail addresses".into()],
        alerts: vec![alert],
        notes: vec!["mended".into()],
        ..Recording::default()
    }
}

fn journal() -> Vec<Entry> {
    let mut chain = Chain::new(SpaceId::new("s"), "intake");
    vec![chain.append(at(), Kind::Update, "test", json!({ "n": 1 })).unwrap()]
}

/// An entry of an archive, its name written as it is.
fn entry(kind: EntryType, name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o4777);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, content: &str) -> Vec<u8> {
    entry(EntryType::Regular, name, content.as_bytes())
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open(bytes: &[u8]) -> Result<Recording, Error> {
    read_archive(bytes, &Limits::upload()).map(|archive| archive.recording)
}

fn refused(entries: &[Vec<u8>]) -> String {
    open(&archive(entries)).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_read_again_and_always_the_same_bytes() {
    let journal = journal();
    let bytes = write_archive(&recording(), Some((&journal, &[], &[]))).unwrap();
    assert_eq!(bytes, write_archive(&recording(), Some((&journal, &[], &[]))).unwrap());
    let archive = read_archive(&bytes, &Limits::upload()).unwrap();
    let expected = Recording { window: archive.recording.window, ..recording() };
    assert_eq!(archive.recording, expected);
    assert_eq!(archive.result.unwrap().journal, journal);
    let report = verify_archive(&bytes, &Limits::default());
    assert!(report.is_sound(), "{:?}", report.errors);
    assert_eq!((report.journal_entries, report.alerts), (Some(1), 1));
    let without = write_archive(&recording(), None).unwrap();
    assert_eq!(read_archive(&without, &Limits::upload()).unwrap().result, None);
}

#[test]
fn a_folder_packed_and_unpacked_is_the_same_folder() {
    let home = tempfile::tempdir().unwrap();
    let (folder, again) = (home.path().join("a"), home.path().join("b"));
    write(&folder, &recording(), true).unwrap();
    std::fs::write(folder.join("README.md"), "for people").unwrap();
    std::fs::write(folder.join("core.dump"), "stays out").unwrap();
    let bytes = pack(&folder).unwrap();
    assert_eq!(unpack(&bytes, &again, &Limits::default()).unwrap(), Vec::<String>::new());
    assert_eq!(std::fs::read_to_string(again.join("README.md")).unwrap(), "for people");
    assert!(!again.join("core.dump").exists());
    std::fs::remove_file(folder.join("core.dump")).unwrap();
    let limits = Limits::default();
    assert_eq!(read(&again, &limits).unwrap(), read(&folder, &limits).unwrap());
    assert_eq!(pack(&again).unwrap(), bytes);
    let full = unpack(&bytes, &again, &limits).unwrap_err();
    assert!(matches!(full, Error::NotEmpty { .. }), "{full}");
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(pack(empty.path()).unwrap_err(), Error::NotACapsule { .. }));
}

#[test]
fn an_archive_may_be_compressed_and_its_files_under_a_folder() {
    for top in ["", "./", "my-capsule/", "./my-capsule/"] {
        let mut entries = vec![
            file(&format!("{top}alerts.jsonl"), ALERT),
            file(&format!("{top}capsule.toml"), MANIFEST),
            file(&format!("{top}topology.json"), "{\"entities\":[],\"relations\":[]}"),
        ];
        if !top.is_empty() {
            entries.insert(0, entry(EntryType::Directory, top, b""));
        }
        let plain = archive(&entries);
        let packed = zstd::encode_all(plain.as_slice(), 3).unwrap();
        for bytes in [gzipped(&plain), packed, plain] {
            let recording = open(&bytes).unwrap();
            assert_eq!((recording.name.as_str(), recording.alerts.len()), ("case", 1), "{top}");
            assert_eq!(recording.redacted, ["mail addresses"]);
            assert_eq!(recording.notes, Vec::<String>::new());
        }
    }
}

#[test]
fn what_is_no_part_of_a_capsule_is_noted_and_left_out() {
    let recording = open(&archive(&[
        file("a/._capsule.toml", "x"),
        file("a/capsule.toml", MANIFEST),
        file("a/topology.json", "{\"entities\":[],\"relations\":[]}"),
        file("a/tape/one.jsonl", "x"),
        file("a/run.sh", "x"),
        file("__MACOSX/a/._b", "x"),
    ]))
    .unwrap();
    assert_eq!(
        recording.notes,
        [
            "archive: `a/tape/one.jsonl` is no part of a capsule; not read",
            "archive: `a/run.sh` is no part of a capsule; not read",
            "archive: 2 files that macOS adds (`._…`) were left out",
        ]
    );
}

#[test]
fn nothing_leads_out_of_an_archive() {
    let capsule = file("capsule.toml", MANIFEST);
    for name in ["/capsule.toml", "../capsule.toml", "a/../../capsule.toml", "..\\capsule.toml"] {
        for kind in [EntryType::Regular, EntryType::Directory, EntryType::Symlink] {
            let told = refused(&[capsule.clone(), entry(kind, name, b"")]);
            assert_eq!(told, format!("`{name}` in the archive leads out of it"));
        }
    }
    let long = entry(EntryType::GNULongName, "././@LongLink", b"../../etc/passwd\0");
    assert!(refused(&[long, file("capsule.toml", MANIFEST)]).ends_with("leads out of it"));
    let record = b"27 path=../../etc/passwd12\n";
    let pax = entry(EntryType::XHeader, "PaxHeader/x", record);
    assert!(refused(&[pax, file("capsule.toml", MANIFEST)]).ends_with("leads out of it"));
}

#[test]
fn only_plain_files_are_taken_and_each_once() {
    let kinds = [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
        EntryType::new(b'Z'),
    ];
    for kind in kinds {
        let told = refused(&[entry(kind, "capsule.toml", b"")]);
        assert_eq!(told, "`capsule.toml` is not a plain file", "{kind:?}");
    }
    let twice = [file("capsule.toml", MANIFEST), file("./capsule.toml", MANIFEST)];
    assert_eq!(refused(&twice), "`capsule.toml` is in the archive twice");
    let both = [file("a/capsule.toml", MANIFEST), file("b/alerts.jsonl", ALERT)];
    assert!(refused(&both).contains("in `a` and in `b`"));
    let forms = ["alerts.jsonl", "alerts.jsonl.zst"].map(|name| file(name, ""));
    let [plain, compressed] = forms;
    let told = refused(&[file("capsule.toml", MANIFEST), plain, compressed]);
    assert!(told.starts_with("both `alerts.jsonl` and"), "{told}");
    assert!(refused(&[file("alerts.jsonl", ALERT)]).contains("it has no `capsule.toml`"));
}

#[test]
fn a_bomb_is_not_unpacked_to_its_end() {
    let limits = Limits { total_bytes: 1 << 20, ..Limits::upload() };
    let zeros = "\n".repeat(8 << 20);
    let entries = [file("capsule.toml", MANIFEST), file("logs.jsonl", &zeros)];
    let plain = archive(&entries);
    let unknown = archive(&[file("capsule.toml", MANIFEST), file("zeros", &zeros)]);
    let many = archive(&vec![file("x", ""); 4096]);
    let trailing = [archive(&[file("capsule.toml", MANIFEST)]), zeros.into_bytes()].concat();
    for plain in [plain, unknown, many, trailing] {
        for bytes in [gzipped(&plain), zstd::encode_all(plain.as_slice(), 3).unwrap()] {
            assert!(bytes.len() < 1 << 17);
            let error = read_archive(&bytes, &limits).unwrap_err();
            assert!(matches!(error, Error::TooLarge { limit: 0x10_0000, .. }), "{error}");
        }
    }
    // A part that is compressed itself counts by what it becomes.
    let inner = zstd::encode_all("\n".repeat(8 << 20).as_bytes(), 3).unwrap();
    let nested = archive(&[
        file("capsule.toml", MANIFEST),
        entry(EntryType::Regular, "logs.jsonl.zst", &inner),
    ]);
    assert!(matches!(read_archive(&nested, &limits).unwrap_err(), Error::TooLarge { .. }));
}

#[test]
fn extended_headers_are_short_and_change_no_size() {
    let capsule = file("capsule.toml", MANIFEST);
    let long = entry(EntryType::XHeader, "x", &vec![b'1'; 100_000]);
    assert!(refused(&[long, capsule.clone()]).contains("bytes in one extended header"));
    let size = entry(EntryType::XHeader, "x", b"13 size=1024\n");
    assert!(refused(&[size, capsule.clone()]).contains("another size"));
    let odd = entry(EntryType::XHeader, "x", b"hello");
    assert!(refused(&[odd, capsule.clone()]).contains("isn't what pax says"));
    let renamed = entry(EntryType::XHeader, "x", b"26 path=some/capsule.toml\n");
    let global = entry(
        EntryType::XGlobalHeader,
        "x",
        b"52 comment=0123456789012345678901234567890123456789\n",
    );
    let name = "x/".repeat(40) + "y";
    let gnu = entry(EntryType::GNULongName, "././@LongLink", name.as_bytes());
    let entries = [global, renamed, file("z", MANIFEST), gnu, file("short", "x")];
    let recording = open(&archive(&entries)).unwrap();
    assert_eq!(recording.name, "case");
    let note = recording.notes.last().unwrap();
    assert!(note.starts_with("archive: `x/x/"), "{note}");
}

#[test]
fn an_archive_that_is_cut_off_is_never_taken_for_whole() {
    let plain = archive(&[file("capsule.toml", MANIFEST), file("alerts.jsonl", ALERT)]);
    let whole = plain.len() - 512;
    for end in 0..whole {
        let error = open(&plain[..end]).unwrap_err();
        assert!(
            matches!(error, Error::CutOff | Error::NotAnArchive { .. }),
            "{end} of {whole}: {error}"
        );
    }
    for bytes in [gzipped(&plain), zstd::encode_all(plain.as_slice(), 3).unwrap()] {
        for end in 0..bytes.len() {
            assert!(open(&bytes[..end]).is_err(), "{end} of {}", bytes.len());
        }
    }
}

#[test]
fn what_is_no_archive_is_named() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "nothing"),
        (b"PK\x03\x04", "a zip archive"),
        (b"BZh9", "bzip2"),
        (b"{}", "JSON"),
        (&[0; 4096], "something else"),
    ];
    for (bytes, found) in cases {
        let told = open(bytes).unwrap_err().to_string();
        assert!(told.ends_with(&format!("found {found}")), "{told}");
        let told = open(&gzipped(bytes)).unwrap_err().to_string();
        assert!(told.ends_with(&format!("found {found}")), "{told}");
    }
    let mut damaged = archive(&[file("capsule.toml", MANIFEST)]);
    damaged[0] = b'd';
    assert!(open(&damaged).unwrap_err().to_string().contains("checksum"));
}
