//! The gateway's certificate and the authority that customers trust.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// A certificate for the shop.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder: `authority.pem` and `authority.key` are made if they aren't there; `shop.pem` and `shop.key` anew.
    folder: PathBuf,
    /// Whole days from now until the end of it; negative is over.
    #[arg(long, default_value_t = 90, allow_hyphen_values = true)]
    days: i64,
}

/// As told on the command line.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    make(&arguments.folder, arguments.days)
}

/// Makes a certificate for the shop that is valid for so many days from now.
pub(crate) fn make(folder: &Path, days: i64) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    if !folder.join("authority.pem").exists() {
        let key = KeyPair::generate()?;
        write(folder, "authority.pem", &authority()?.self_signed(&key)?.pem())?;
        write(folder, "authority.key", &key.serialize_pem())?;
    }
    let key = KeyPair::from_pem(&read(folder, "authority.key")?)?;
    let authority = authority()?;
    let issuer = Issuer::from_params(&authority, key);
    let mut shop = CertificateParams::new(vec!["shop.example".to_owned()])?;
    shop.distinguished_name = named("shop.example");
    let (year, month, first) = day(-300)?;
    shop.not_before = date_time_ymd(year, month, first);
    let (year, month, last) = day(days)?;
    shop.not_after = date_time_ymd(year, month, last);
    let key = KeyPair::generate()?;
    let certificate = shop.signed_by(&key, &issuer)?;
    write(folder, "shop.pem", &certificate.pem())?;
    write(folder, "shop.key", &key.serialize_pem())
}

fn authority() -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = named("Shop Test Authority");
    let (year, month, first) = day(-400)?;
    params.not_before = date_time_ymd(year, month, first);
    let (year, month, last) = day(400)?;
    params.not_after = date_time_ymd(year, month, last);
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut made = DistinguishedName::new();
    made.push(DnType::CommonName, name);
    made
}

/// The day so many days from now: year, month, day.
fn day(days: i64) -> anyhow::Result<(i32, u8, u8)> {
    let date = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days))?.to_string();
    let mut parts = date.split(['-', 'T']);
    let mut next = || parts.next().context("a date has three parts");
    Ok((next()?.parse()?, next()?.parse()?, next()?.parse()?))
}

fn read(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
