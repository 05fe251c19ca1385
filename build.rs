//! Builds again when a schema step, a template or a static file changes: they are compiled into the program.

fn main() {
    for folder in ["migrations", "migrations/sqlite", "migrations/postgres", "static", "templates"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
