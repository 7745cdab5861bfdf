//! Whose a path is.

use std::collections::BTreeMap;

use nightjar_connect::BadConfig;
use nightjar_topology::EntityId;
use regex::Regex;

use super::words::fold;

/// Patterns of paths: `*` within a name, `**` over folders, `?` for one letter.
#[derive(Debug)]
pub(super) struct Globs(Vec<Regex>);

impl Globs {
    pub(super) fn new(setting: &str, patterns: &[String]) -> Result<Self, BadConfig> {
        let compiled = patterns.iter().map(|pattern| {
            pattern_of(pattern, false).map_err(|reason| BadConfig::field(setting, reason))
        });
        Ok(Self(compiled.collect::<Result<_, _>>()?))
    }

    pub(super) fn contain(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(path))
    }
}

/// A pattern as a regular expression, which takes time linear in the path whatever it holds. With `{entity}`
/// it has a group of that name.
pub(super) fn pattern_of(pattern: &str, named: bool) -> Result<Regex, &'static str> {
    const ENTITY: &str = "{entity}";
    if pattern.is_empty() || pattern.len() > 500 || pattern.starts_with('/') {
        return Err(
            "a pattern such as `services/*/**` is expected, from the top of the repository",
        );
    }
    if pattern.matches(ENTITY).count() != usize::from(named) {
        return Err(match named {
            true => "a pattern with `{entity}` in one place is expected",
            false => "`{entity}` has no place in this pattern",
        });
    }
    let mut written = "(?s)^".to_owned();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let taken = [
            ("**/", "(?:[^/]+/)*"),
            ("**", ".*"),
            ("*", "[^/]*"),
            ("?", "[^/]"),
            (ENTITY, "(?P<entity>[^/]+?)"),
        ];
        let taken = taken.iter().find_map(|(mark, meant)| Some((rest.strip_prefix(mark)?, meant)));
        match taken {
            Some((after, meant)) => {
                written.push_str(meant);
                rest = after;
            }
            None => {
                written.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
                rest = rest.strip_prefix(letter).unwrap_or_default();
            }
        }
    }
    written.push('$');
    Regex::new(&written).map_err(|_| "this pattern is too large")
}

/// What an entity's pattern found in a text.
pub(super) fn entity_in<'a>(pattern: &Regex, text: &'a str) -> Option<&'a str> {
    Some(pattern.captures(text)?.name("entity")?.as_str())
}

/// The entities that are asked about, by their folded names.
pub(super) struct Asked(BTreeMap<String, EntityId>);

impl Asked {
    pub(super) fn new(entities: &[EntityId]) -> Self {
        Self(entities.iter().map(|entity| (fold(entity.as_str()), entity.clone())).collect())
    }

    /// Whether a change of these entities is wanted.
    pub(super) fn want(&self, entities: &[EntityId]) -> bool {
        self.0.is_empty() || entities.iter().any(|entity| self.0.values().any(|e| e == entity))
    }

    /// The entity of this name, as whoever asks writes it.
    pub(super) fn called(&self, name: &str) -> Option<EntityId> {
        self.0.get(&fold(name)).cloned()
    }

    fn or_new(&self, name: &str) -> Option<EntityId> {
        self.called(name).or_else(|| EntityId::new(name).ok())
    }
}

/// Who owns which paths.
#[derive(Debug)]
pub(super) struct Owners {
    listed: Vec<(String, Globs)>,
    named: Vec<Regex>,
    rest: Option<String>,
}

/// Folders that hold one folder per program, in most repositories that have them.
const PARENTS: [&str; 10] = [
    "services",
    "service",
    "apps",
    "app",
    "packages",
    "modules",
    "cmd",
    "functions",
    "charts",
    "components",
];

impl Owners {
    pub(super) fn new(
        rest: Option<String>,
        listed: &BTreeMap<String, Vec<String>>,
        named: &[String],
    ) -> Result<Self, BadConfig> {
        let entity = |setting: &str, name: &str| match EntityId::new(name) {
            Ok(_) => Ok(()),
            Err(_) => Err(BadConfig::field(setting, "this is no name of an entity")),
        };
        rest.as_deref().map_or(Ok(()), |name| entity("entity", name))?;
        let mut lists = Vec::new();
        for (name, patterns) in listed {
            entity("entities", name)?;
            lists.push((name.clone(), Globs::new("entities", patterns)?));
        }
        let named = named.iter().map(|pattern| {
            pattern_of(pattern, true).map_err(|reason| BadConfig::field("paths", reason))
        });
        Ok(Self { listed: lists, named: named.collect::<Result<_, _>>()?, rest })
    }

    /// Whose a path is; nobody's where nothing says so.
    pub(super) fn of(&self, path: &str, asked: &Asked) -> Option<EntityId> {
        let listed = self.listed.iter().find(|(_, globs)| globs.contain(path));
        if let Some((name, _)) = listed {
            return asked.or_new(name);
        }
        let named = self.named.iter().find_map(|pattern| entity_in(pattern, path));
        if let Some(name) = named {
            return asked.or_new(name);
        }
        let called = match self.named.is_empty() {
            true => by_name(path, asked),
            false => None,
        };
        called.or_else(|| asked.or_new(self.rest.as_deref()?))
    }
}

/// The outermost folder that is called as an entity, else the file itself (`config/cart.toml`), else the
/// folder below one that usually holds programs.
fn by_name(path: &str, asked: &Asked) -> Option<EntityId> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop()?;
    if let Some(found) = parts.iter().find_map(|part| asked.called(part)) {
        return Some(found);
    }
    let stem = file.split('.').find(|part| !part.is_empty())?;
    if let Some(found) = asked.called(stem) {
        return Some(found);
    }
    let below = parts.iter().zip(parts.iter().skip(1));
    let (_, name) = below.into_iter().find(|(parent, _)| PARENTS.contains(*parent))?;
    EntityId::new(*name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(owners: &Owners, path: &str, asked: &[&str]) -> Option<String> {
        let asked: Vec<EntityId> = asked.iter().map(|name| EntityId::new(*name).unwrap()).collect();
        owners.of(path, &Asked::new(&asked)).map(|entity| entity.to_string())
    }

    #[test]
    fn paths_have_owners() {
        let none = Owners::new(None, &BTreeMap::new(), &[]).unwrap();
        for (path, asked, whose) in [
            ("services/cart/src/main.rs", &[][..], Some("cart")),
            ("config/cart.toml", &["cart"], Some("cart")),
            ("deploy/Cart_Service/values.yaml", &["cart-service"], Some("cart-service")),
            ("src/main.rs", &["cart"], None),
            ("services/orders/cart.rs", &["cart"], Some("cart")),
            ("", &["cart"], None),
        ] {
            assert_eq!(owner(&none, path, asked).as_deref(), whose, "{path}");
        }
        let listed = BTreeMap::from([("cart".to_owned(), vec!["shop/basket/**".to_owned()])]);
        let named = ["svc-{entity}/**".to_owned(), "**/{entity}.conf".to_owned()];
        let owners = Owners::new(Some("shop".to_owned()), &listed, &named).unwrap();
        for (path, whose) in [
            ("shop/basket/a/b.rs", "cart"),
            ("svc-orders/x", "orders"),
            ("etc/a/redis.conf", "redis"),
            ("redis.conf", "redis"),
            ("services/cart/x", "shop"),
        ] {
            assert_eq!(owner(&owners, path, &[]).as_deref(), Some(whose), "{path}");
        }
    }

    #[test]
    fn patterns_have_a_form() {
        assert!(pattern_of("services/*", true).is_err());
        assert!(pattern_of("{entity}/{entity}", true).is_err());
        assert!(pattern_of("/x", false).is_err() && pattern_of("", false).is_err());
        let glob = pattern_of("a.b/*(x/**", false).unwrap();
        assert!(glob.is_match("a.b/(x/y/z") && !glob.is_match("aXb/(x/y"));
    }
}
