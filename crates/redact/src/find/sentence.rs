//! The few sentences in which programs name a user or say a secret without a sign between.

use std::sync::LazyLock;

use regex::Regex;

use super::pair::push;
use crate::Kind;
use crate::field;
use crate::find::Candidate;
use crate::person;
use crate::shape::joined_before;

/// Sentences of sshd, PAM and databases.
static SENTENCES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[Ii]nvalid user|[Ii]llegal user|[Ff]or user|[Aa]ccepted [a-z/-]{3,24} for|[Ff]ailed [a-z/-]{3,24} for|of user|by user|from user|session of|user|User) ",
        r#"([^\s"'\\():=,;]{2,64})"#,
    ))
    .expect("invariant: a constant pattern")
});
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[Uu]ser|[Uu]sername|[Ll]ogin|[Aa]ccount|[Bb]enutzer|[Uu]tilisateur|[Uu]suario",
        r"|[Uu]suário|[Uu]tente|[Gg]ebruiker|[Uu]żytkownik|[Пп]ользователь)",
        r#" \\?["'‘«<\[]([^"'\\’»<>\[\]]{2,64}(?:\\{1,2}[A-Za-z0-9_.-]{2,64})?)\\?["'’»>\]]"#,
    ))
    .expect("invariant: a constant pattern")
});
/// What only people do.
static DEEDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[Uu]ser|[Uu]tilisateur|[Bb]enutzer|[Uu]suario|[Uu]suário|[Uu]tente|[Gg]ebruiker) ([A-Za-z0-9_.-]{2,64}) ",
        r"(?:logged (?:in|out)|signed (?:in|out|up)|locked out|after [0-9]+ (?:failed )?attempt|is not in the sudoers",
        r"|verrouillé|connecté|déconnecté|gesperrt|angemeldet|abgemeldet|bloqueado|bloccato|geblokkeerd)",
    ))
    .expect("invariant: a constant pattern")
});
/// Who became root, and who asked for a page.
static PLACES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"sudo(?:\[[0-9]+\])?: +([A-Za-z0-9_.-]{2,64}) : (?:TTY|PWD|USER|command|[0-9]+ incorrect|user NOT)",
        r"|[0-9a-fA-F‹›a-z:.]+ [A-Za-z0-9_.-]{1,64} ([A-Za-z0-9_.-]{2,64}) \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:",
        r"|[Ll]ogin (?:OK|ok|incorrect)[^\n\[]{0,48}\[([A-Za-z0-9_.@-]{2,64})[/\]]",
        r"|\[([A-Za-z0-9_.-]{2,64})\] (?:FAIL|OK) (?:LOGIN|UPLOAD|DOWNLOAD)",
        r"|(?:[Aa]uthentication|[Ll]ogin|[Ll]ogon|[Ss]ign-in) (?:failure|attempt|error|failed)(?: attempt)? for ([A-Za-z0-9_.-]{2,64}) from ",
        r#"|(?:[Aa]uthentication|[Ll]ogin|[Ll]ogon|[Ss]ign-in) (?:failure|attempt|error|failed)(?: for|:) \\?["']([^"'\\]{2,64})\\?["']"#,
        r"|(?:ftpd?|pop3d?|imapd?)[^\n]{0,48}? USER ([A-Za-z0-9_.-]{2,64})",
    ))
    .expect("invariant: a constant pattern")
});
/// The name in a directory: `cn=Ada Lovelace,ou=people,dc=example`.
static DIRECTORY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:cn|CN)=([^\s,=]+(?: [^\s,=]+){1,3}), ?(?:[A-Za-z]{1,2}=[^,=]{1,64}, ?){0,6}(?:dc|DC)=",
    )
    .expect("invariant: a constant pattern")
});
/// A person beside an address: `"Ada Lovelace" <sip:ada@…`, `CN=Ada Lovelace:mailto:…`, the name in
/// a business card.
static CARDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#""([^"\\\n]{2,64})\\?" ?<(?:sips?:|mailto:|[^\s<>@]{1,64}@)"#,
        r#"|(?:CN|cn)=\\?"?([^":;=\\\n]{2,64})\\?"?(?:;[A-Z-]{2,24}=[^:;\n]{1,64}){0,6}:(?:mailto|MAILTO):"#,
        r"|\bFN(?:;[^:\n]{1,64})?:([^\r\n;:\\]{2,64}?)(?: [A-Z]{2,12}[;:]|\\|\r|\n|$)",
    ))
    .expect("invariant: a constant pattern")
});
/// Who did something, or has to: `acknowledged by Ada Lovelace`, and whose an address is.
static DOERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:\b[a-z]{3,}ed by|\b[Pp]ush by|\b[Aa]ssigned to|\b[Cc]ontact|\b[Rr]eporter|\b[Oo]n behalf of)",
        r" ([A-Z][\p{L}'’-]+(?: [A-Z][\p{L}'’-]+){1,2}|[a-z]{1,24}[._-][a-z]{1,24}\b)",
    ))
    .expect("invariant: a constant pattern")
});
static ADDRESSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s:,;])([A-Z][\p{L}'’-]+(?: [A-Z][\p{L}'’.-]*){1,3}) \\?<[^\s<>@]{1,64}@")
        .expect("invariant: a constant pattern")
});
/// The client of a database in front of its line, and one of a broker.
static CLIENTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\] ([A-Za-z0-9_.-]{2,64})@[A-Za-z0-9_-]{1,64} (?:LOG|ERROR|FATAL|WARNING|STATEMENT|DETAIL|HINT|PANIC):",
        r"|, u'([^'\\]{2,64})'\)",
    ))
    .expect("invariant: a constant pattern")
});
/// Credentials that are said to a server of mail.
static SPOKEN_TO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"AUTH (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5) ([A-Za-z0-9+/]{12,1024}={0,2})")
        .expect("invariant: a constant pattern")
});
/// Last words of the names of groups.
const GROUPS: &[&str] = &[
    "users",
    "admins",
    "administrators",
    "computers",
    "controllers",
    "guests",
    "operators",
    "owners",
    "services",
    "servers",
    "accounts",
    "group",
    "groups",
    "team",
    "manager",
    "managers",
    "members",
    "readers",
    "writers",
    "developers",
    "root",
    "ca",
    "authority",
];
/// Numbers that are sent to a person to prove who they are.
static CODES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|[^A-Za-z0-9_-])(?i:(?:otp(?: code)?|one[- ]time (?:password|passcode|code|pin)|(?:verification|security|authentication|auth|login|sign-in|2fa|mfa|confirmation|access) code|passcode",
        r"|bestätigungscode|sicherheitscode|code de (?:vérification|sécurité)|código de (?:verificación|verificação|seguridad|segurança)|codice di verifica|verificatiecode)",
        r"(?: is| ist| lautet| est| es| was| è| é| :)?:? )([0-9]{3}[ -][0-9]{3}|[0-9]{4,8})(?:$|[^0-9A-Za-z.%-]|\.\s|\.$)(?P<next>[a-z%]*)",
    ))
    .expect("invariant: a constant pattern")
});
/// The same the other way round: `448120 is your one-time code`.
static CODES_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|[^0-9A-Za-z.])([0-9]{3}[ -][0-9]{3}|[0-9]{4,8}) (?:is your|ist Ihr|ist dein|est votre|es tu|es su|è il tuo|é o seu|is je|is uw)",
        r" [^\n.,;]{0,40}?(?:[Cc]ode|OTP|[Pp]asscode|PIN|password|[Cc]ódigo|codice)",
    ))
    .expect("invariant: a constant pattern")
});
/// Passwords in SQL and on command lines, which have no sign between name and value.
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i:identified by|password|passwd|pwd|--pass|passphrase)(?i: is)? \\?["']([^"'\\]{3,128})\\?["']"#,
        r#"| (?:-u|--user) ["']?[^\s:"']{1,64}:([^\s"']{3,128})"#,
        r#"|(?:mysql|mysqldump|mysqladmin|mariadb)[^\n|;]{0,80}? -p["']?([^\s"']{4,128})"#,
        r#"|--([a-z-]{0,20}(?:password|token|secret|api-key|apikey|passwd|access-key|secret-key)) +["']?([^\s"'-][^\s"']{2,256})"#,
        r#"|configure set [a-z_.]{0,40}(?:key|token) ([^\s"']{16,2048})"#,
        r#"|(?i:redis-cli)[^\n|;]{0,80}? -a ["']?([^\s"']{3,128})"#,
        r#"|(?:sshpass|docker login|podman login|registry login|az login)[^\n|;]{0,80}? -p ?["']?([^\s"']{4,128})"#,
    ))
    .expect("invariant: a constant pattern")
});
/// Secrets behind words alone: `api key 0123…`, `password is hunter2`.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i:api[ -]?key|access key|secret key|licen[sc]e key|app key|personal access token|[ :]pat|token|secret|credential)(?: is|:)? \\?[\x22\x27`]?([A-Za-z0-9_./+=~-]{16,512})",
        r"|(?i:password|passphrase|passwort|pwd) (?i:is|was|ist) ([^\s]{4,128})",
    ))
    .expect("invariant: a constant pattern")
});

pub(super) fn find(text: &str, found: &mut Vec<Candidate>) {
    users(text, found);
    places(text, found);
    codes(text, found);
    secrets(text, found);
}

fn users(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    let foreign = [
        "tilisateur",
        "enutzer",
        "suario",
        "suário",
        "tente",
        "ebruiker",
        "żytkownik",
        "ользователь",
    ];
    if !["ser", " for ", "ogin", "ccount"].iter().chain(&foreign).any(|part| text.contains(part)) {
        return;
    }
    for hit in SENTENCES.captures_iter(text).filter_map(|hit| hit.get(1)) {
        let before = bytes.get(..hit.start()).unwrap_or_default();
        // A bare `user ada` is a name only if it can hardly be another word.
        let bare = before.ends_with(b"user ") || before.ends_with(b"User ");
        let strong =
            ["nvalid user ", "llegal user ", "or user ", "of user ", "by user ", "from user "]
                .iter()
                .any(|words| before.ends_with(words.as_bytes()));
        let value = hit.as_str().trim_end_matches(['.', '!', '?']);
        if (!bare || strong || value.contains(['.', '_']) && !value.contains('/'))
            && person::is_person(value)
        {
            push(found, hit.start()..hit.start() + value.len(), Kind::User);
        }
    }
    for hit in QUOTED.captures_iter(text).filter_map(|hit| hit.get(1)) {
        if person::is_person(hit.as_str()) {
            push(found, hit.range(), Kind::User);
        }
    }
    for hit in DEEDS.captures_iter(text).filter_map(|hit| hit.get(1)) {
        if person::is_person(hit.as_str()) {
            push(found, hit.range(), Kind::User);
        }
    }
}

fn places(text: &str, found: &mut Vec<Candidate>) {
    let may = ["sudo", " [", "] FAIL", "] OK", " USER ", "ogin", "uthentication", "ogon", "ign-in"];
    if may.iter().any(|part| text.contains(part)) {
        for hits in PLACES.captures_iter(text) {
            for hit in (1..=7).filter_map(|group| hits.get(group)) {
                if person::is_person(hit.as_str()) {
                    push(found, hit.range(), Kind::User);
                }
            }
        }
    }
    if [" by ", "ssigned to ", "ontact ", "eporter ", " behalf of "]
        .iter()
        .any(|p| text.contains(p))
    {
        for hit in DOERS.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if person::is_person(hit.as_str()) && person::is_known_person(hit.as_str()) {
                push(found, hit.range(), Kind::User);
            }
        }
    }
    if text.contains("<") && text.contains('@') {
        for hit in ADDRESSED.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if person::is_person(hit.as_str()) && person::is_name_of_words(hit.as_str()) {
                push(found, hit.range(), Kind::User);
            }
        }
    }
    if text.contains("] ") && text.contains('@') || text.contains(", u'") {
        for hits in CLIENTS.captures_iter(text) {
            for hit in (1..=2).filter_map(|group| hits.get(group)) {
                if person::is_person(hit.as_str()) && person::is_known_login(hit.as_str()) {
                    push(found, hit.range(), Kind::User);
                }
            }
        }
    }
    if text.contains(" <")
        || text.contains("\"<")
        || text.contains(":mailto:")
        || text.contains("VCARD")
    {
        for hits in CARDS.captures_iter(text) {
            for hit in (1..=3).filter_map(|group| hits.get(group)) {
                if hit.as_str().contains(' ') && person::is_person(hit.as_str()) {
                    push(found, hit.range(), Kind::User);
                }
            }
        }
    }
    if text.contains("cn=") || text.contains("CN=") {
        for hit in DIRECTORY.captures_iter(text).filter_map(|hit| hit.get(1)) {
            let lower = hit.as_str().to_lowercase();
            let last = lower.rsplit(' ').next().unwrap_or_default();
            let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
            if !GROUPS.contains(&last)
                && hit.as_str().split(' ').all(capital)
                && person::is_person(hit.as_str())
            {
                push(found, hit.range(), Kind::User);
            }
        }
    }
}

fn codes(text: &str, found: &mut Vec<Candidate>) {
    let speaks = [
        "code", "Code", "CODE", "otp", "OTP", "assword", "codice", "códig", "ódigo", "odice", "PIN",
    ];
    if !speaks.iter().any(|part| text.contains(part)) {
        return;
    }
    for hit in CODES_BEFORE.captures_iter(text).filter_map(|hit| hit.get(1)) {
        push(found, hit.range(), Kind::Secret);
    }
    for hits in CODES.captures_iter(text) {
        let counted = hits.name("next").is_some_and(|next| {
            matches!(
                next.as_str(),
                "times"
                    | "ms"
                    | "s"
                    | "sec"
                    | "seconds"
                    | "requests"
                    | "of"
                    | "%"
                    | "attempts"
                    | "failures"
                    | "errors"
            )
        });
        if let Some(hit) = hits.get(1).filter(|_| !counted) {
            push(found, hit.range(), Kind::Secret);
        }
    }
}

fn secrets(text: &str, found: &mut Vec<Candidate>) {
    // A pattern without regard to case has no quick way to the few lines that matter.
    let names_secret = [
        "ey",
        "EY",
        "pat ",
        "PAT ",
        "oken",
        "OKEN",
        "ecret",
        "ECRET",
        "ass",
        "ASS",
        "redential",
        "wd",
        "WD",
    ]
    .iter()
    .any(|part| text.contains(part));
    for hits in BARE.captures_iter(if names_secret { text } else { "" }) {
        for hit in [1, 2].into_iter().filter_map(|group| hits.get(group)) {
            let shown = hit.as_str().trim_end_matches(['.', ',', ';', '"', '\'']);
            if field::is_token(shown) {
                push(found, hit.start()..hit.start() + shown.len(), Kind::Secret);
            }
        }
    }
    let speaks = names_secret && text.contains(['"', '\'', '-'])
        || ["configure set", " -u", "--user", " -p", " -a ", "dentified", "DENTIFIED"]
            .iter()
            .any(|part| text.contains(part));
    if text.contains("AUTH ") {
        for hit in SPOKEN_TO.captures_iter(text).filter_map(|hit| hit.get(1)) {
            push(found, hit.range(), Kind::Secret);
        }
    }
    if speaks {
        for hits in SPOKEN.captures_iter(text) {
            for hit in [1, 2, 3, 5, 6, 7, 8].into_iter().filter_map(|group| hits.get(group)) {
                if field::is_secret(hit.as_str()) {
                    push(found, hit.range(), Kind::Secret);
                }
            }
        }
    }
}

/// Users that were found once stand elsewhere, too, in quotes: `'ada' ok username 'ada'`. Of the
/// first few only, so that the time stays linear.
pub(super) fn again(text: &str, found: &mut Vec<Candidate>) {
    const MOST: usize = 4;
    let known: Vec<String> = found
        .iter()
        .filter(|c| c.kind == Kind::User && c.place.len() >= 5)
        .filter_map(|c| text.get(c.place.clone()).map(str::to_owned))
        .take(MOST)
        .collect();
    for name in known {
        for (start, shown) in text.match_indices(&name) {
            let end = start + shown.len();
            let around = (
                text.get(..start).and_then(|t| t.chars().last()),
                text.get(end..).and_then(|t| t.chars().next()),
            );
            if !joined_before(text.as_bytes(), start)
                && matches!(
                    around,
                    (Some('\''), Some('\''))
                        | (Some('"'), Some('"'))
                        | (Some('['), Some(']'))
                        | (Some('<'), Some('>'))
                        | (Some('('), Some(')'))
                )
            {
                push(found, start..end, Kind::User);
            }
        }
    }
}
