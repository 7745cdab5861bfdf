use std::path::Path;
fn main() {
    let start = jiff::Timestamp::from_second(nightjar_testkit::START_SECONDS).unwrap();
    let want: Vec<usize> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let most = want.iter().max().unwrap() + 1;
    for (n, recipe) in
        nightjar_world::estates(nightjar_world::Family::Judging, 1).take(most).enumerate()
    {
        if !want.contains(&n) {
            continue;
        }
        let recording = nightjar_world::simulate(&recipe, start).unwrap();
        let mut recording = recording;
        if n % 2 == 1 {
            use nightjar_evaluation::metamorphic::{Holes, drift, thin};
            let texts: Vec<String> =
                recording.alerts.iter().map(|a| a.payload.to_string()).collect();
            let alerting: std::collections::BTreeSet<_> = recording
                .topology
                .entities()
                .map(|e| e.id.clone())
                .filter(|id| texts.iter().any(|t| t.contains(id.as_str())))
                .collect();
            let keep: Vec<_> = alerting.iter().collect();
            let half = jiff::SignedDuration::from_mins(i64::from(recipe.minutes_before) / 2);
            recording = drift(
                &thin(&recording, &keep, Holes { relations: 0.12, entities: 0.1 }, recipe.seed),
                start + half,
                0.2,
                recipe.seed,
            );
        }
        let p = format!("/tmp/cap/w/{n:04}");
        let _ = std::fs::remove_dir_all(&p);
        nightjar_capsule::write(Path::new(&p), &recording, false).unwrap();
        println!("{n} {}", recipe.name);
    }
}
