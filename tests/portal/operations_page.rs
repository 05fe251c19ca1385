//! The operators' page names every setting and every command, and none that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use salus::config::RiskPolicy;

use crate::shell::Shell;

fn names(text: &str) -> BTreeSet<String> {
    let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let starts = text.match_indices("SALUS_").map(|(at, _)| &text[at..]);
    let names = starts.map(|rest| rest.split(|c| !letter(c)).next().unwrap_or(rest).trim_end_matches("_FILE"));
    // `SALUS_…_FILE` and `SALUS_TWILIO_…` speak of several.
    names.filter(|name| !name.ends_with('_')).map(str::to_owned).collect()
}

#[test]
fn every_setting_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut read = BTreeSet::new();
    for file in std::fs::read_dir(root.join("src/config")).unwrap() {
        read.extend(names(&std::fs::read_to_string(file.unwrap().path()).unwrap()));
    }
    let page = std::fs::read_to_string(root.join("docs/OPERATIONS.md")).unwrap();
    let rows: String = page.lines().filter(|line| line.starts_with("| `SALUS_")).collect();
    assert!(read.len() > 30);
    assert_eq!(read.difference(&names(&rows)).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the table");
    assert_eq!(names(&page).difference(&read).collect::<Vec<_>>(), Vec::<&String>::new(), "not read anywhere");
}

#[tokio::test]
async fn every_command_is_in_the_table() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md")).unwrap();
    let shell = Shell::embedded();
    let of = |args: &[&str]| -> Vec<String> {
        let help = shell.run(&[args, &["--help"]].concat()).ends_with(0).out;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let words = listed.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help");
        words.map(str::to_owned).collect()
    };
    let mut seen = 0;
    for command in of(&[]) {
        let below = of(&[&command]);
        let whole = if below.is_empty() { vec![String::new()] } else { below };
        for sub in whole {
            let row = format!("| `salus {command} {sub}").trim_end().to_owned();
            assert!(page.contains(&row), "{row} is missing");
            seen += 1;
        }
    }
    assert_eq!(seen, 16);
}

#[test]
fn the_risk_policy_on_the_page_is_the_built_in_one() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md")).unwrap();
    let shown = page.split("```toml\n").find(|part| part.starts_with("[points]")).unwrap();
    let shown = shown.split("```").next().unwrap();
    assert_eq!(RiskPolicy::read(shown).unwrap(), RiskPolicy::default());
    for line in RiskPolicy::default().to_toml().lines() {
        assert!(shown.contains(line), "{line} is not shown");
    }
}
