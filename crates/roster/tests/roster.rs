//! Rosters as offices keep them, and everything that can be wrong with one.

use access_groups_core::Timestamp;
use access_groups_roster::{Mode, Problem, Problems, ReadOptions, Roster, Row, TimeZone};
use proptest::{collection::vec, prelude::*};

fn read(file: impl AsRef<[u8]>) -> Result<Roster, Problems> {
    Roster::from_csv(file.as_ref(), &ReadOptions::new())
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// The rows as `user group from until note`, with `-` for nothing.
fn rows(roster: &Roster) -> Vec<String> {
    let shown = |row: Row<'_>| {
        let instant =
            |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let group = &roster.groups()[row.group].name;
        let (from, until) = (instant(row.from), instant(row.until));
        format!("{} {group} {from} {until} {}", row.user, row.note)
    };
    roster.rows().map(shown).collect()
}

const FILE: &str = "\
user,group,from,until,note
ada@example.com,Gym,2026-04-01,2026-05-01,
grace@example.com,\"Pool, heated\",,,\"she said \"\"yes\"\"\"
";

fn check_file(file: impl AsRef<[u8]>) {
    let roster = read(file).expect("a roster");
    assert_eq!(
        rows(&roster),
        [
            "ada@example.com Gym 2026-04-01T00:00:00Z 2026-05-01T00:00:00Z ",
            "grace@example.com Pool, heated - - she said \"yes\"",
        ]
    );
}

#[test]
fn what_spreadsheets_write_is_read() {
    let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| {
        let marked = format!("\u{feff}{text}");
        marked.encode_utf16().flat_map(unit).collect::<Vec<_>>()
    };
    check_file(FILE);
    check_file(format!("\u{feff}{FILE}"));
    check_file(utf16(u16::to_le_bytes, FILE));
    check_file(utf16(u16::to_be_bytes, FILE));
    check_file(FILE.replace('\n', "\r\n"));
    check_file(FILE.replace('\n', "\r"));
    check_file(FILE.trim_end());
    // The comma in quotation marks stays what it is.
    for separator in [";", "\t"] {
        let other = FILE.replace(',', separator);
        let other = other.replace(&format!("Pool{separator}"), "Pool,");
        check_file(&other);
        check_file(utf16(u16::to_le_bytes, &other));
        check_file(format!("sep={separator}\r\n{other}"));
    }
    check_file(FILE.replace("user,group,from", " User ,GROUP,\"From\""));
    check_file(FILE.replace(",Gym", " ,  Gym\u{a0}"));
    check_file(FILE.replace("Gym,2026-04-01", "Gym,1.4.2026"));
    // Blank rows, and blank columns at the end.
    check_file(FILE.replace('\n', "\n\n,, ,\n \n"));
    check_file(FILE.replace('\n', ",,\n"));
    // Cells that Excel leaves out at the end of a row.
    check_file(FILE.replace("2026-05-01,\n", "2026-05-01\n"));
    // The columns in another order.
    check_file(
        "note,until,from,group,user\n,2026-05-01,2026-04-01,Gym,ada@example.com\n\"she said \"\"yes\"\"\",,,\"Pool, heated\",grace@example.com\n",
    );
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_read_back() {
    let roster = read("user,group\n'+ada@example.com,'-1 Floor\nada@example.com,'t Hof\n");
    let roster = roster.expect("a roster");
    assert_eq!(
        rows(&roster),
        [
            "+ada@example.com -1 Floor - - ",
            "ada@example.com 't Hof - - "
        ]
    );
}

#[test]
fn local_days_are_those_of_the_zone() {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a time zone");
    let options = ReadOptions::new().with_time_zone(berlin);
    let roster = Roster::from_csv(FILE.as_bytes(), &options).expect("a roster");
    let ada = roster.rows().next().expect("a row");
    assert_eq!(ada.from, Some(instant("2026-03-31T22:00:00Z")));
}

#[test]
fn rows_hold_from_their_first_to_before_their_last_instant() {
    let roster = read(FILE).expect("a roster");
    let ada = roster.rows().next().expect("a row");
    let check = |at: &str, expected: bool| assert_eq!(ada.is_desired_at(instant(at)), expected);
    check("2026-03-31T23:59:59.999999999Z", false);
    check("2026-04-01T00:00:00Z", true);
    check("2026-04-30T23:59:59.999999999Z", true);
    check("2026-05-01T00:00:00Z", false);
    let (begin, end) = (
        instant("2026-04-01T00:00:00Z"),
        instant("2026-05-01T00:00:00Z"),
    );
    assert_eq!(roster.next_begin(Timestamp::MIN), Some(begin));
    assert_eq!(roster.next_begin(begin), None);
    assert_eq!(roster.next_end(begin), Some(end));
    assert_eq!(roster.next_end(end), None);
}

#[test]
fn names_of_groups_are_the_same_as_everywhere() {
    let id = "60000000-0000-4000-8000-00000000000A";
    let file = format!(
        "user,group\na@b,Café\na@b,CAFE\u{301}\na@b,{id}\na@b,{}\n",
        id.to_lowercase()
    );
    let roster = read(file).expect("a roster");
    let names: Vec<_> = roster
        .groups()
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["Café", id]);
    assert!(roster.rows().map(|row| row.group).eq([0, 0, 1, 1]));
}

#[test]
fn modes_are_those_of_groups() {
    let file = "user,group,mode\na@b,Gym,\n,GYM,Authoritative\na@b,Pool,additive\na@b,Roof,\n";
    let roster = read(file).expect("a roster");
    let modes: Vec<_> = roster.groups().iter().map(|group| group.mode).collect();
    assert_eq!(
        modes,
        [Some(Mode::Authoritative), Some(Mode::Additive), None]
    );
    assert_eq!(roster.rows().len(), 3);
}

#[test]
fn a_roster_shows_no_names() {
    let roster = read(FILE).expect("a roster");
    let shown = format!("{roster:?} {:?}", roster.rows().collect::<Vec<_>>());
    assert!(!shown.contains("ada") && !shown.contains("yes"), "{shown}");
    let problems =
        read("user,group\nada@@example.com x,Gym\nMr. Ada,Gym\nsoon,\n").expect_err("a problem");
    let shown = format!("{problems:?} {problems}").to_lowercase();
    assert!(!shown.contains("ada") && !shown.contains("soon"), "{shown}");
}

fn check(file: impl AsRef<[u8]>, expected: &[&str]) {
    let problems = read(file).expect_err("a problem");
    let shown: Vec<_> = problems.listed.iter().map(Problem::to_string).collect();
    assert_eq!(shown, expected);
    assert_eq!(problems.more, 0);
}

#[test]
fn every_problem_has_its_place() {
    check("", &["there are no rows"]);
    check("\n\r\n", &["there are no rows"]);
    check("user,group\n", &["there are no rows"]);
    check("user,group\n,,\n \n", &["there are no rows"]);
    check(
        "name,room\nAda,Gym\n",
        &[
            "row 1, column 1: a roster has the columns user, group, from, until, note and mode, and no others",
            "row 1, column 2: a roster has the columns user, group, from, until, note and mode, and no others",
            "row 1: the header has no column `user`",
            "row 1: the header has no column `group`",
        ],
    );
    check(
        "user,group,user\na@b,Gym,a@b\n",
        &["row 1, column user: the column is there twice"],
    );
    check(
        "user,group,untill\na@b,Gym,\n",
        &[
            "row 1, column 3: a roster has the columns user, group, from, until, note and mode, and no others",
        ],
    );
    check(
        "user,group,\na@b,Gym,x\na@b,Gym,,y\n",
        &[
            "row 2, column 3: a roster has the columns user, group, from, until, note and mode, and no others",
            "row 3, column 4: there is a cell beyond the last column of the header",
        ],
    );
    check(
        "user,group,mode\n,Gym,\na@b,,\nAda,Gym,\n,Gym,authoritative\n,Gym,additive\na@b,Gym,strict\n",
        &[
            "row 2, column user: the cell is empty",
            "row 3, column group: the cell is empty",
            "row 4, column user: expected an id or an e-mail address",
            "row 6, column mode: row 5 has set the mode of this group to authoritative",
            "row 7, column mode: expected `additive`, `authoritative` or nothing",
        ],
    );
    check(
        "user;group\n\n1.16E+20;Gym\na@b;6,00E+31\n#N/A;#REF!\na@b;####\n",
        &[
            "row 3, column user: a spreadsheet has turned the id into the number 1.16E+20: type it again, in a column of text",
            "row 4, column group: a spreadsheet has turned the id into the number 6,00E+31: type it again, in a column of text",
            "row 5, column group: a formula of the spreadsheet has failed here: #REF!",
            "row 5, column user: a formula of the spreadsheet has failed here: #N/A",
            "row 6, column group: a formula of the spreadsheet has failed here: ########",
        ],
    );
    check(
        "user,group,from,until\na@b,Gym,03/04/2026,46115\na@b,Gym,2026-05-01,1.5.2026\na@b,Gym,,#VALUE!\n",
        &[
            "row 2, column from: 03/04/2026 is either 2026-04-03 or 2026-03-04: write one of these",
            "row 2, column until: a spreadsheet has written the number of a day: format the column as YYYY-MM-DD",
            "row 3, column until: the row ends before it begins",
            "row 4, column until: a formula of the spreadsheet has failed here: #VALUE!",
        ],
    );
}

#[test]
fn rows_of_broken_files_are_named() {
    // Whether the row has an end is not known.
    check(
        "user,group,until\na@b,Gym,\na@b,Gym,",
        &["row 3: the file ends in the middle of this row, or its line end is missing"],
    );
    check(
        "user,group,until\na@b,Gym,\na@b,Gy",
        &["row 3: the file ends in the middle of this row, or its line end is missing"],
    );
    check(
        "user,group\na@b,\"Gym\na@b,Pool\na@b,Roof\n",
        &[
            "row 2, column group: there is a line break in the cell: a quotation mark may be missing",
            "row 2: the file has an odd number of quotation marks: one is missing in this row or before",
        ],
    );
    check(
        b"user,group\na@b,K\xfcche\n",
        &[
            "row 2: the text is neither UTF-8 nor UTF-16: save the file as \"CSV UTF-8\" (Excel), or with \
           the character set UTF-8 (LibreOffice)",
        ],
    );
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let file = format!("user,group\n{}", "Ada,Gym\n".repeat(1000));
    let check = |limit: usize| {
        let options = ReadOptions::new();
        let options = options.with_listed_problems(limit.try_into().expect("not zero"));
        let problems = Roster::from_csv(file.as_bytes(), &options).expect_err("a problem");
        assert_eq!(
            (problems.listed.len(), problems.more),
            (limit, 1000 - limit)
        );
        assert_eq!(problems.count(), 1000);
    };
    check(1);
    check(100);
    check(1000);
    let problems = read(&file).expect_err("a problem");
    assert_eq!(problems.listed.len(), 100);
    assert!(problems.to_string().ends_with("\nand 900 more"));
}

#[test]
fn json_is_read_and_refused_alike() {
    let json = |text: &str| Roster::from_json(text.as_bytes(), &ReadOptions::new());
    let roster = json(
        r#"[{"user": "ada@example.com", "group": "Gym", "from": "2026-04-01", "until": "2026-05-01"},
            {"group": "Pool, heated", "user": "grace@example.com", "note": "she said \"yes\"", "until": null}]"#,
    );
    assert_eq!(
        rows(&roster.expect("a roster")),
        rows(&read(FILE).expect("a roster"))
    );
    let check = |text: &str, expected: &[&str]| {
        let problems = json(text).expect_err("a problem");
        let shown: Vec<_> = problems.listed.iter().map(Problem::to_string).collect();
        assert_eq!(shown, expected);
    };
    check("[]", &["there are no rows"]);
    check("[{}]", &["there are no rows"]);
    check(
        r#"[{"user": "a@b", "group": 7}, {"user": "a@b", "user": "a@b", "group": "Gym", "x": "y"}]"#,
        &[
            "row 1, column group: expected a text or null",
            "row 2, column user: the column is there twice",
            "row 2, column 4: a roster has the columns user, group, from, until, note and mode, and no others",
        ],
    );
    check(
        "[{\"user\": \"Ada\", \"group\": \"Gym\"},\n{]",
        &[
            "row 1, column user: expected an id or an e-mail address",
            "the JSON cannot be read at line 2, column 2",
        ],
    );
    check(
        r#"[{"user": "a@b", "group": "Gym"}"#,
        &["the JSON cannot be read at line 1, column 32"],
    );
    check(r#"{"user": "a@b"}"#, &["a roster in JSON is an array"]);
    check("7", &["the JSON cannot be read at line 1, column 1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_was_written_is_read(rows_written in vec(written(), 1..20), dialect in dialects()) {
        let file = dialect.write(&rows_written);
        let roster = read(&file).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let expected: Vec<_> = rows_written.iter().map(Written::shown).collect();
        prop_assert_eq!(rows(&roster), expected);
        // Each row has the number that a spreadsheet shows.
        let step = if dialect.blank_rows { 2 } else { 1 };
        let numbers = (1..).map(|number| 1 + number * step).take(rows_written.len());
        prop_assert!(roster.rows().map(|row| row.number).eq(numbers));
    }

    #[test]
    fn a_damaged_file_gives_no_other_person(
        rows_written in vec(written(), 1..8),
        dialect in dialects(),
        at in any::<prop::sample::Index>(),
        damage in prop_oneof![Just(None), any::<u8>().prop_map(Some)],
    ) {
        let mut file = dialect.write(&rows_written);
        let at = at.index(file.len());
        match damage {
            None => file.truncate(at),
            Some(byte) => file[at] = byte,
        }
        // It may be read, as a note may have changed; then no row is made up.
        if let Ok(roster) = read(&file) {
            prop_assert!(roster.rows().len() <= rows_written.len());
        }
        let _ = Roster::from_json(&file, &ReadOptions::new());
    }
}

#[derive(Debug, Clone)]
struct Written {
    user: u8,
    group: &'static str,
    until: Option<i8>,
    note: String,
}

impl Written {
    fn shown(&self) -> String {
        let until = self.until.map(|day| format!("2026-05-{day:02}T00:00:00Z"));
        let until = until.as_deref().unwrap_or("-");
        let note = self.note.trim();
        format!("u{}@example.com {} - {until} {note}", self.user, self.group)
    }
}

fn written() -> impl Strategy<Value = Written> {
    let groups = [
        "Gym",
        "Pool, heated",
        "5\" door; left",
        "Küche 🏢",
        "A\tB",
        "x\"\"y",
        "'t Hof",
    ];
    let group = prop::sample::select(groups.to_vec());
    let until = proptest::option::of(1_i8..29);
    (any::<u8>(), group, until, "[a-z,;\t\"' ü]{0,12}").prop_map(|(user, group, until, note)| {
        Written {
            user,
            group,
            until,
            note: note.trim_start_matches(['\'', ' ', '\t']).to_owned(),
        }
    })
}

/// What a program, a country or a person makes of the same table.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    separator: u8,
    line_end: &'static str,
    encoding: u8,
    dots: bool,
    blank_rows: bool,
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let separator = prop::sample::select(vec![b',', b';', b'\t']);
    let line_end = prop::sample::select(vec!["\n", "\r\n"]);
    (separator, line_end, 0..4_u8, any::<bool>(), any::<bool>()).prop_map(
        |(separator, line_end, encoding, dots, blank_rows)| Dialect {
            separator,
            line_end,
            encoding,
            dots,
            blank_rows,
        },
    )
}

impl Dialect {
    fn write(self, rows: &[Written]) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.delimiter(self.separator).from_writer(Vec::new());
        writer
            .write_record(["note", "user", "until", "group"])
            .expect("memory");
        for row in rows {
            if self.blank_rows {
                writer.write_record(["", " ", "", ""]).expect("memory");
            }
            let until = row.until.map_or_else(String::new, |day| match self.dots {
                true => format!("{day}.5.2026"),
                false => format!("2026-05-{day:02}"),
            });
            let user = format!("u{}@example.com", row.user);
            writer
                .write_record([&row.note, &user, &until, row.group])
                .expect("memory");
        }
        let text = String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8");
        let text = text.replace('\n', self.line_end);
        let marked = format!("\u{feff}{text}");
        match self.encoding {
            0 => text.into_bytes(),
            1 => marked.into_bytes(),
            2 => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}
