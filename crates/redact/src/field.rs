//! What the name of a field says of its value, and whether the value agrees.

use crate::context;
use crate::find::is_opaque;
use crate::shape::is_uuid;

/// Fields whose values are replaced whatever shape they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A password or key: any value but a placeholder.
    Secret,
    /// A word that is used of secrets and of other things: a value that looks like a secret.
    Token,
    /// A header with a scheme and then a secret.
    Authorization,
    /// Pairs of names and values, some of them sessions.
    Cookie,
    /// The name of a person or login.
    Person,
    /// The id of a user: a name only if it is no id.
    UserId,
    /// The word for a name in other languages, of people and of things: one that begins with a
    /// capital letter.
    Name,
    /// The id of a session, or a code that is exchanged for one: a long value nobody could guess.
    Session,
    /// A number of four to eight digits.
    Pin,
}

/// Longest name of a field worth a look, in bytes.
pub(crate) const LONGEST_NAME: usize = 80;

const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "contrasena",
    "contraseña",
    "senha",
    "motdepasse",
    "mot de passe",
    "mdp",
    "wachtwoord",
    "haslo",
    "hasło",
    "parola",
    "пароль",
    "密码",
    "パスワード",
    "userpassword",
    "dbpassword",
    "dbpass",
    "db pass",
    "pgpassword",
    "mysql pwd",
    "sshpass",
    "rediscli auth",
    "api key",
    "apikey",
    "api secret",
    "apisecret",
    "app key",
    "application key",
    "secret key",
    "secretkey",
    "secret access key",
    "client secret",
    "clientsecret",
    "app secret",
    "shared secret",
    "consumer secret",
    "access key",
    "accesskey",
    "account key",
    "accountkey",
    "shared access key",
    "sharedaccesskey",
    "private key",
    "privatekey",
    "signing key",
    "signing secret",
    "encryption key",
    "master key",
    "access token",
    "accesstoken",
    "auth token",
    "authtoken",
    "refresh token",
    "refreshtoken",
    "id token",
    "session token",
    "sessiontoken",
    "security token",
    "csrf token",
    "csrftoken",
    "xsrf token",
    "bearer token",
    "api token",
    "apitoken",
    "bot token",
    "deploy token",
    "personal access token",
    "webhook secret",
    "webhook url secret",
    "jwt secret",
    "secret token",
    "private token",
    "vault token",
    "oauth token",
    "oauth2 token",
    "login token",
    "registration token",
    "device token",
    "push token",
    "jwt",
    "cvv",
    "cvc",
    "cvv2",
    "cvc2",
    "csc",
    "jsessionid",
    "phpsessid",
    "aspsessionid",
    "asp net session id",
    "connect sid",
    "license key",
    "licence key",
    "authenticity token",
    "recovery code",
    "backup code",
    "mfa code",
    "otp",
    "one time password",
    "totp secret",
    "seed phrase",
    "mnemonic",
    "storage key",
    "subscription key",
    "function key",
    "functions key",
    "host key",
    "instrumentation key",
    "ingestion key",
    "integration key",
    "routing key secret",
    "insert key",
    "write key",
    "cookie secret",
    "session secret",
    "session key",
    "secret key base",
    "hmac key",
    "hmac secret",
    "x amz security token",
    "credentials password",
    "pin code",
    "security answer",
];
const TOKENS: &[&str] = &[
    "token",
    "secret",
    "pass",
    "credential",
    "credentials",
    "signature",
    "sig",
    "auth",
    "secretstring",
    "secret string",
    "secret value",
    "routing key",
    "nonce token",
    "xsrf",
    "csrf",
    "sso token",
    "code verifier",
    "auth code",
    "authorization code",
    "api",
    "key id secret",
    "access key id",
    "accesskeyid",
    "shared access signature",
    "sharedaccesssignature",
];
/// Tokens that lead from one page to the next, or count.
const HARMLESS: &[&str] = &[
    "public key token",
    "next token",
    "page token",
    "next page token",
    "continuation token",
    "continue token",
    "sync token",
    "fencing token",
    "resume token",
    "start token",
    "cancellation token",
    "cancel token",
    "sampling token",
    "token type",
    "unexpected token",
    "invalid token",
    "syntax token",
    "request token",
    "client request token",
    "client token",
    "idempotency token",
    "sort key token",
    "lock token",
    "marker token",
    "stop token",
    "rate session",
    "image pull secret",
    "tls secret",
];
/// Numbers that prove who somebody is.
const CODES: &[&str] = &[
    "pin",
    "otp code",
    "otp attempt",
    "otp value",
    "one time code",
    "one time pin",
    "one time passcode",
    "verification code",
    "confirmation code",
    "sms code",
    "two factor code",
    "2fa code",
    "mfa token",
    "totp",
    "totp code",
];
const SESSIONS: &[&str] = &["session", "session id", "sessionid", "sess id", "sessid"];
const PERSONS: &[&str] = &[
    "user",
    "username",
    "user name",
    "login",
    "login name",
    "loginname",
    "logname",
    "userlogin",
    "user login",
    "full name",
    "fullname",
    "first name",
    "firstname",
    "last name",
    "lastname",
    "surname",
    "given name",
    "givenname",
    "family name",
    "familyname",
    "middle name",
    "maiden name",
    "nickname",
    "real name",
    "realname",
    "legal name",
    "preferred username",
    "customer name",
    "customername",
    "client full name",
    "patient name",
    "patientname",
    "employee name",
    "cardholder",
    "cardholder name",
    "card holder",
    "cardholdername",
    "name on card",
    "account holder",
    "accountholder",
    "account holder name",
    "holder name",
    "beneficiary name",
    "beneficiary",
    "contact name",
    "contact person",
    "recipient name",
    "recipient",
    "sender name",
    "guest name",
    "passenger name",
    "passenger",
    "member name",
    "subscriber name",
    "billing name",
    "shipping name",
    "buyer name",
    "seller name",
    "author",
    "author name",
    "committer",
    "committer name",
    "assignee",
    "reporter",
    "requester",
    "requestor",
    "reviewer",
    "approver",
    "operator name",
    "acknowledged by",
    "resolved by",
    "approved by",
    "requested by",
    "deployed by",
    "triggered by",
    "created by",
    "updated by",
    "modified by",
    "deleted by",
    "changed by",
    "submitted by",
    "reported by",
    "assigned to",
    "signed in as",
    "logged in as",
    "user full name",
    "user display name",
    "usr",
    "usr name",
    "enduser",
    "end user",
    "remote user",
    "auth user",
    "db user name",
    "sam account name",
    "samaccountname",
    "target user name",
    "subject user name",
    "account name",
    "actor",
    "actor name",
    "display name user",
    "owner name",
    "tenant name person",
    "vorname",
    "nachname",
    "benutzer",
    "benutzername",
    "kunde",
    "kundenname",
    "ansprechpartner",
    "karteninhaber",
    "kontoinhaber",
    "empfänger name",
    "nombre completo",
    "nombre",
    "apellido",
    "apellidos",
    "usuario",
    "nom utilisateur",
    "utilisateur",
    "prenom",
    "prénom",
    "nom complet",
    "nom de famille",
    "utente",
    "cognome",
    "nome completo",
    "sobrenome",
    "gebruiker",
    "gebruikersnaam",
    "achternaam",
    "voornaam",
    "imie",
    "imię",
    "nazwisko",
    "användare",
    "användarnamn",
    "förnamn",
    "efternamn",
    "用户名",
    "姓名",
    "氏名",
    "ユーザー名",
    "пользователь",
    "имя",
    "фамилия",
    "suser",
    "duser",
    "uname",
    "acct",
    "doctor name",
    "physician name",
    "driver name",
    "student name",
    "applicant name",
    "candidate name",
    "insured name",
    "policyholder",
    "policy holder",
    "tenant contact",
    "oncall user",
    "caller name",
    "callee name",
    "manager name",
    "attendee",
    "attendee name",
    "signer name",
    "host user",
];
const USER_IDS: &[&str] = &[
    "user id",
    "userid",
    "uid",
    "enduser id",
    "end user id",
    "usr id",
    "principal",
    "principal name",
    "login id",
    "client user",
];
/// Where a field `name` is a person's.
const PARENTS: &[&str] = &[
    "user",
    "customer",
    "author",
    "patient",
    "employee",
    "account holder",
    "contact",
    "sender",
    "recipient",
    "person",
    "cardholder",
    "card holder",
    "beneficiary",
    "passenger",
    "member",
    "assignee",
    "reporter",
    "committer",
    "enduser",
    "usr",
    "billing details",
    "shipping",
    "billing",
    "shipping address",
    "billing address",
    "buyer",
    "payer",
    "payee",
    "guest",
    "profile",
    "requester",
    "approver",
    "responder",
    "student",
    "applicant",
    "debtor",
    "creditor",
    "holder",
    "kunde",
    "cliente",
    "client person",
    "pusher",
    "actor",
    "driver",
];

/// What a name says, with the name of the object it stands in where that is known.
pub(crate) fn classify(name: &str, parent: &str) -> Option<Field> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let words = context::words(name);
    let ends = |list: &[&str]| {
        list.iter().any(|word| {
            words.strip_suffix(word).is_some_and(|left| left.is_empty() || left.ends_with(' '))
        })
    };
    match words.as_str() {
        "name" | "display name" => {
            let parent = context::words(parent);
            return PARENTS.contains(&parent.as_str()).then_some(Field::Person);
        }
        "nom" | "nome" => return Some(Field::Name),
        "code" => return Some(Field::Session),
        _ if ends(CODES) => return Some(Field::Pin),
        _ => {}
    }
    if words.is_empty() || ends(HARMLESS) {
        return None;
    }
    if ends(&["authorization"]) {
        return Some(Field::Authorization);
    }
    if ends(&["cookie", "cookies"]) {
        return Some(Field::Cookie);
    }
    if ends(SECRETS) {
        return Some(Field::Secret);
    }
    if ends(TOKENS) {
        return Some(Field::Token);
    }
    if ends(SESSIONS) {
        return Some(Field::Session);
    }
    if ends(USER_IDS) {
        return Some(Field::UserId);
    }
    if ends(PERSONS) {
        return Some(Field::Person);
    }
    None
}

/// Words that stand where a secret could, and aren't one.
const PLACEHOLDERS: &[&str] = &[
    "null",
    "nil",
    "none",
    "true",
    "false",
    "undefined",
    "empty",
    "yes",
    "no",
    "n/a",
    "na",
    "redacted",
    "filtered",
    "masked",
    "hidden",
    "removed",
    "secret",
    "password",
    "token",
    "required",
    "optional",
    "expired",
    "invalid",
    "incorrect",
    "missing",
    "wrong",
    "changed",
    "string",
    "ok",
    "set",
    "unset",
    "updated",
    "reset",
    "failed",
    "denied",
    "rejected",
    "authentication",
    "not",
    "is",
    "must",
    "cannot",
    "mismatch",
    "unknown",
    "bearer",
    "basic",
    "type",
    "enabled",
    "disabled",
    "default",
    "valid",
    "accepted",
    "rotated",
    "revoked",
    "refreshed",
    "found",
    "loaded",
    "absent",
    "present",
    "provided",
    "unexpected",
    "the",
    "an",
    "a",
    "for",
    "and",
    "to",
    "from",
    "file",
    "env",
    "auto",
    "generated",
    "error",
    "success",
    "successful",
    "protected",
    "encrypted",
    "hashed",
    "omitted",
    "sanitized",
    "private",
    "public",
    "md5",
    "scram-sha-256",
    "sha256",
    "plain",
    "peer",
    "trust",
    "ident",
    "cert",
    "mtls",
    "oauth",
    "oauth2",
    "iam",
    "kerberos",
    "ldap",
    "saml",
    "jwt",
    "lax",
    "strict",
    "ignored",
    "skipped",
    "stale",
    "active",
    "inactive",
    "closed",
    "open",
    "opened",
    "established",
    "started",
    "ended",
    "prompt",
    "low",
    "medium",
    "high",
    "pending",
    "pass",
    "fail",
    "passed",
    "int",
    "bool",
    "str",
    "object",
    "array",
    "number",
];

/// Whether a value under the name of a secret is one.
pub(crate) fn is_secret(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let inner = value.strip_prefix(['$', '%']).unwrap_or_default();
    let is_variable = inner.starts_with(['{', '(', 's', 'v', 'd', 'q'])
        && (inner.len() == 1 || inner.starts_with(['{', '(']))
        || !inner.is_empty()
            && inner
                .bytes()
                .all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'%') || b.is_ascii_digit())
            && (inner.bytes().any(|b| b == b'_' || b == b'%')
                || !inner.bytes().any(|b| b.is_ascii_digit()));
    let is_blank = value
        .chars()
        .all(|c| matches!(c, '*' | 'x' | 'X' | '•' | '.' | '-' | '_' | '#' | '…' | '?' | '^'))
        || value.starts_with("***")
        || value.ends_with("****");
    let is_marked = matches!(value.as_bytes().first(), Some(b'<' | b'[' | b'{' | b'('))
        || value.starts_with("{{")
        || value.starts_with("ENC(")
        || value.starts_with("vault:")
        || value.starts_with("arn:")
        || value.starts_with("secretKeyRef")
        || value.starts_with("env:")
        || value.starts_with("file:")
        || value.starts_with("ssm:")
        || value.starts_with("op://");
    let is_path = matches!(value.as_bytes(), [b'/', ..] | [b'.', b'/', ..] | [b'~', b'/', ..])
        && value.len() > 4
        && !value.ends_with('=')
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~'))
        && !value.bytes().any(|b| b.is_ascii_digit());
    value.len() >= 3
        && !bare.is_empty()
        && !is_variable
        && !is_blank
        && !is_marked
        && !is_path
        && !PLACEHOLDERS.contains(&bare)
        && !value.contains('‹')
}

/// Whether a value under a word like `token` looks like one.
pub(crate) fn is_token(value: &str) -> bool {
    let is_plain = value.bytes().all(|b| b.is_ascii_graphic());
    let is_number =
        value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b',' | b'x'));
    let is_clock = value.ends_with("ms") && value.len() < 10;
    let is_mixed =
        value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    is_secret(value)
        && value.len() >= 6
        && is_plain
        && !is_number
        && !is_clock
        && !is_uuid(value)
        && (is_opaque(value) && !is_name(value) || is_mixed && !is_name(value))
}

/// Whether a value is the id of a session: long, and of random letters or digits.
pub(crate) fn is_session(value: &str) -> bool {
    let is_constant = value.contains('_') && !value.bytes().any(|b| b.is_ascii_lowercase());
    value.len() >= 20
        && !is_constant
        && !value.starts_with("0x")
        && !value.contains('/')
        && is_token(value)
}

/// Whether a value is a number that people remember.
pub(crate) fn is_pin(value: &str) -> bool {
    (4..=8).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a value is the name of a thing: words and numbers with dashes, points, slashes.
fn is_name(value: &str) -> bool {
    let parts = value.split(['-', '.', '/', '_', ':']);
    let plain = parts.clone().all(|part| {
        let letters = part.bytes().all(|b| b.is_ascii_lowercase());
        let number = part.strip_prefix('v').unwrap_or(part).bytes().all(|b| b.is_ascii_digit());
        letters || number
    });
    let words = parts
        .clone()
        .filter(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase()))
        .count();
    plain && parts.count() > 1
        || words >= 2 && value.bytes().all(|b| !b.is_ascii_uppercase())
        || value.contains("::")
        || value.contains("://")
        || value.contains('(')
}
