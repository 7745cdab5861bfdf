//! What the kernel of a failing machine writes.

use nightjar_incident::LogSeverity;

use crate::dice::Dice;

pub(super) fn render(dice: &mut Dice) -> (LogSeverity, String) {
    let text = match dice.below(3) {
        0 => "kernel: mce: [Hardware Error]: Machine check events logged".to_owned(),
        1 => {
            let sector = dice.below(900_000_000);
            format!(
                "kernel: blk_update_request: I/O error, dev nvme1n1, sector {sector} op 0x0:(READ)"
            )
        }
        _ => {
            let command = dice.below(900);
            format!("kernel: nvme nvme1: I/O {command} QID 3 timeout, aborting")
        }
    };
    (LogSeverity::Error, text)
}
