//! The first of two stages against the memory it reads, and against the full tests.

use std::hint::black_box;
use std::io::Write as _;

use nightjar_series::screen::{may_fall, may_rise};
use nightjar_series::shift::shift;

use crate::clock::best_of;
use crate::estate::Draw;

/// As many series as an estate of a thousand services has, and their usual length.
const SERIES: usize = 100_000;
const ROWS: usize = 120;
/// Rows of the window, at the end.
const WINDOW: usize = 20;
/// As the engine asks of gauges.
const LEAST: f64 = 4.0;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let values = series();
    let parts: Vec<(&[f64], &[f64])> =
        values.chunks_exact(ROWS).map(|one| one.split_at(ROWS - WINDOW)).collect();
    let bytes = size_of_val(values.as_slice()) as f64;
    let reading = best_of(5, || {
        // Eight sums, so that the additions don't wait for each other.
        let mut sums = [0_u64; 8];
        for chunk in values.chunks_exact(8) {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum = sum.wrapping_add(value.to_bits());
            }
        }
        black_box(sums);
    });
    let screen = best_of(5, || {
        black_box(parts.iter().filter(|(before, during)| may_rise(before, during, LEAST)).count());
    });
    let full = best_of(2, || {
        let found = |(before, during): &&(&[f64], &[f64])| {
            shift(before, during, 0.0).is_some_and(|shift| shift.z >= LEAST)
        };
        black_box(parts.iter().filter(found).count());
    });
    let (mut passed, mut moved, mut missed) = (0_usize, 0_usize, 0_usize);
    for (before, during) in &parts {
        let screened = may_rise(before, during, LEAST) || may_fall(before, during, LEAST);
        let found = shift(before, during, 0.0).is_some_and(|shift| shift.z.abs() >= LEAST);
        passed += usize::from(screened);
        moved += usize::from(found);
        missed += usize::from(found && !screened);
    }
    let samples = values.len() as f64;
    let recall = 1.0 - missed as f64 / moved.max(1) as f64;
    writeln!(out, "screening {SERIES} series of {ROWS} samples ({:.0} MiB)", bytes / 1048576.0)?;
    writeln!(out, "  memory read      {:8.2} GB/s", bytes / reading / 1e9)?;
    writeln!(
        out,
        "  first pass       {:8.2} GB/s  {:.0} M samples/s  {:.2} of the memory's bandwidth",
        bytes / screen / 1e9,
        samples / screen / 1e6,
        reading / screen
    )?;
    writeln!(
        out,
        "  full tests on all {:7.2} GB/s  {:.0} M samples/s  {:.1} times slower than the first pass",
        bytes / full / 1e9,
        samples / full / 1e6,
        full / screen
    )?;
    writeln!(
        out,
        "  let through {passed} ({:.1} %), moved {moved}, missed {missed}: recall {recall:.4}",
        100.0 * passed as f64 / SERIES as f64
    )?;
    Ok(())
}

/// Noise, walks, counts, constants and seasons; one series in a hundred moves.
fn series() -> Vec<f64> {
    let mut draw = Draw::new(7);
    let mut values = Vec::with_capacity(SERIES * ROWS);
    for number in 0..SERIES {
        let (level, noise) = (draw.between(1.0, 100.0), draw.between(0.01, 5.0));
        let moves = number.is_multiple_of(100);
        let mut walk = 0.0;
        for row in 0..ROWS {
            let wild = if draw.between(0.0, 1.0) < 0.01 { 8.0 } else { 1.0 };
            walk += noise * 0.3 * draw.normal();
            let value = match number % 10 {
                0..=4 => level + noise * wild * draw.normal(),
                5 => level + walk,
                6 => (level + level.sqrt() * draw.normal()).max(0.0).round(),
                7 => level,
                8 => level + 5.0 * noise * (row as f64 / 15.0).sin() + noise * draw.normal(),
                _ => level * (1.0 + 0.2 * wild * draw.normal().abs()),
            };
            let is_late = row >= ROWS - WINDOW / 2;
            values.push(if moves && is_late { value + 12.0 * noise } else { value });
        }
    }
    values
}
