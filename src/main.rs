//! The `entralog` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    entralog::cli::main()
}
