//! Lists of people, as offices keep them.

use access_groups_roster::{PeopleList, ProblemKind, ReadOptions};
use proptest::prelude::*;

#[track_caller]
fn check_bytes(file: &[u8], expected: &[(u32, &str)]) {
    let people = PeopleList::from_text(file, &ReadOptions::new()).expect("a list");
    let people: Vec<_> = people.iter().collect();
    assert_eq!(people, expected, "{:?}", String::from_utf8_lossy(file));
}

#[track_caller]
fn check(file: &str, expected: &[(u32, &str)]) {
    check_bytes(file.as_bytes(), expected);
}

#[track_caller]
fn check_refused(file: &str, expected: &[(Option<u32>, ProblemKind)]) {
    let problems = PeopleList::from_text(file.as_bytes(), &ReadOptions::new());
    let problems = problems.expect_err(file).listed;
    let found: Vec<_> = problems
        .into_iter()
        .map(|problem| (problem.row, problem.kind))
        .collect();
    assert_eq!(found, expected, "{file:?}");
}

#[test]
fn one_a_line_needs_no_header() {
    check(
        "ada@x.com\ngrace@x.com",
        &[(1, "ada@x.com"), (2, "grace@x.com")],
    );
    check("\n  Ada Lovelace \n\n", &[(2, "Ada Lovelace")]);
    check("Ada;\nGrace;\n", &[(1, "Ada"), (2, "Grace")]);
    check("\"Ada Lovelace\"\r\n", &[(1, "Ada Lovelace")]);
    check(
        "ada@x.com\rgrace@x.com\r",
        &[(1, "ada@x.com"), (2, "grace@x.com")],
    );
}

#[test]
fn best_column_of_a_header_counts() {
    check("user,note\nada,x\n", &[(2, "ada")]);
    check("Note;USER\nx;ada\n", &[(2, "ada")]);
    check("id\temail\tname\n7\ta@x\tAda\n", &[(2, "a@x")]);
    check("E-Mail Address,id\na@x,7\n", &[(2, "a@x")]);
    check(
        "full_name,acs_user_id,email_address\nAda,a1,a@x\n",
        &[(2, "a1")],
    );
    check("id,name\n7,Ada\n", &[(2, "7")]);
    check("Name,Room\n\"Davis, Sam\",1\n", &[(2, "Davis, Sam")]);
    check("sep=;\nuser;note\nada;\n", &[(2, "ada")]);
}

#[test]
fn rows_are_counted_as_a_spreadsheet_does() {
    check(
        "user,note\n\n,,\nada,\"a\nb\"\n,\ngrace,\n",
        &[(4, "ada"), (7, "grace")],
    );
}

#[test]
fn every_encoding_is_read() {
    let text = "user;Größe\nada;1\n";
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let expected = &[(2, "ada")];
    check_bytes(&[&b"\xff\xfe"[..], &le].concat(), expected);
    check_bytes(&le, expected);
    check_bytes(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), expected);
    check_bytes("\u{feff}ada\n".as_bytes(), &[(1, "ada")]);
}

#[test]
fn mark_of_a_spreadsheet_is_taken_away() {
    check("user\n'=ada\n'ada\n", &[(2, "=ada"), (3, "'ada")]);
}

#[test]
fn two_columns_of_one_kind_are_refused() {
    let alike = |one, other| [(Some(1), ProblemKind::EqualColumns(one, other))];
    check_refused("email,note,E-Mail\na@x,,b@x\n", &alike(1, 3));
    check_refused("full_name,display_name\nAda,A.\n", &alike(1, 2));
    check("email,mail,user\na@x,b@x,ada\n", &[(2, "ada")]);
}

#[test]
fn several_cells_without_a_header_are_refused() {
    check_refused("ada,1\ngrace\n", &[(Some(1), ProblemKind::SeveralCells)]);
    check_refused(
        "Vorname;Nachname\nAda;Lovelace\n",
        &[
            (Some(1), ProblemKind::SeveralCells),
            (Some(2), ProblemKind::SeveralCells),
        ],
    );
}

#[test]
fn every_problem_has_its_row() {
    check_refused(
        "user,note\n,x\n1.16E+20,\n#N/A,\n\"a\nb\",\n",
        &[
            (Some(2), ProblemKind::MissingCell),
            (Some(3), ProblemKind::Rounded("1.16E+20".into())),
            (Some(4), ProblemKind::Formula("#N/A")),
            (Some(5), ProblemKind::LineBreak),
        ],
    );
    check_refused("", &[(None, ProblemKind::Empty)]);
    check_refused("user\n\n", &[(None, ProblemKind::Empty)]);
}

#[test]
fn debug_names_nobody() {
    let people = PeopleList::from_text(b"ada@x.com", &ReadOptions::new()).expect("a list");
    assert_eq!(format!("{people:?}"), "PeopleList { rows: 1, .. }");
}

proptest! {
    /// Whatever a file holds, it is read or refused.
    #[test]
    fn no_file_makes_it_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PeopleList::from_text(&file, &ReadOptions::new());
    }

    /// What a program writes as CSV comes back, row by row, whatever the separator and the other cells.
    #[test]
    fn written_list_is_read_back(
        people in proptest::collection::vec(("[a-z][a-z;,\"@.]{0,8}[a-z]", "[ -~]{0,5}"), 1..20),
        separator in prop_oneof![Just(';'), Just(','), Just('\t')],
    ) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut file = format!("note{separator}user\n");
        for (person, note) in &people {
            file += &format!("{}{separator}{}\r\n", quoted(note), quoted(person));
        }
        let list = PeopleList::from_text(file.as_bytes(), &ReadOptions::new());
        let list = list.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let read: Vec<_> = list.iter().map(|(_, person)| person).collect();
        let written: Vec<_> = people.iter().map(|(person, _)| &**person).collect();
        prop_assert_eq!(read, written);
    }
}
