//! The notation of the folder `model`.
//!
//! A block starts at the margin and goes on in the lines indented below it; `#` starts a comment.
//!
//! ```text
//! operation GetAgentSpace
//!     GET /v1/agentspaces/{agentSpaceId}
//!     takes GetAgentSpaceInput
//!     answers 200 GetAgentSpaceOutput
//!
//! structure GetAgentSpaceInput
//!     agentSpaceId: AgentSpaceId uri
//!     includedData?: IncludedData query
//!
//! type AgentSpaceId = string(1..64) /[a-zA-Z0-9-]+/
//!
//! enum IncludedData
//!     METADATA_ONLY ALL_DATA
//! ```
//!
//! `union` is written like `structure` and holds exactly one member, `events` is a stream of such
//! messages, `error` has a status behind its name. A member with `?` may be missing. `uri`,
//! `query` and `header NAME` say where it travels, nothing means the body. Types are `string`,
//! `integer`, `long`, `double`, `boolean`, `timestamp` (a number), `datetime` (text), `blob`,
//! `document`, `[Item]`, `map<Key, Value>` and names; `(1..64)` bounds a length or a number, `{..25}` the size of a list
//! or map, either end may be missing. `secret` is text that must never be shown. A pattern only
//! stands in a `type`, from the first slash to the one that ends the line; it must fit the whole
//! text. `\d` and `\w` are written out, because here they would mean more than ASCII.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Model, Operation};
use crate::notation::expression::Expression;
use crate::route::Template;
use crate::shape::{Choice, Error, Kind, Member, Place, Shape, Structure};

mod expression;

/// A block as it is written.
struct Block {
    /// `operation`, `structure`, …
    kind: &'static str,
    /// What stands behind the name on the first line.
    rest: &'static str,
    lines: Vec<&'static str>,
}

/// Blocks by name, and the shapes that were made of them so far.
#[derive(Default)]
pub(crate) struct Notation {
    blocks: BTreeMap<&'static str, Block>,
    shapes: BTreeMap<&'static str, Shape>,
    /// Names that are being made: one that comes up again would never end.
    open: Vec<&'static str>,
}

impl Notation {
    /// Reads the model from its files; an error says which block is wrong and why.
    pub(crate) fn read(files: &[&'static str]) -> Result<Model, String> {
        let mut notation = Self::default();
        for file in files {
            notation.split(file)?;
        }
        let mut model = Model { operations: Vec::new(), errors: Vec::new() };
        for (name, block) in notation.blocks_of("operation") {
            let operation = notation.operation(name, &block);
            model.operations.push(operation.map_err(|error| format!("{name}: {error}"))?);
        }
        for (name, block) in notation.blocks_of("error") {
            let error = notation.error(name, &block);
            model.errors.push(error.map_err(|error| format!("{name}: {error}"))?);
        }
        match notation.blocks.keys().find(|name| !notation.shapes.contains_key(*name)) {
            Some(unused) => Err(format!("{unused} is used by nothing")),
            None => Ok(model),
        }
    }

    /// Takes the blocks of a kind out.
    fn blocks_of(&mut self, kind: &str) -> BTreeMap<&'static str, Block> {
        let (taken, left) =
            std::mem::take(&mut self.blocks).into_iter().partition(|(_, block)| block.kind == kind);
        self.blocks = left;
        taken
    }

    fn split(&mut self, file: &'static str) -> Result<(), String> {
        let mut current = None;
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if line.trim().is_empty() {
                continue;
            }
            if line.starts_with(' ') {
                let block = current.and_then(|name| self.blocks.get_mut(name));
                block
                    .ok_or_else(|| format!("`{line}` belongs to nothing"))?
                    .lines
                    .push(line.trim());
                continue;
            }
            let (kind, rest) =
                line.split_once(' ').ok_or_else(|| format!("`{line}` names nothing"))?;
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            if self.blocks.insert(name, Block { kind, rest, lines: Vec::new() }).is_some() {
                return Err(format!("{name} is there twice"));
            }
            current = Some(name);
        }
        Ok(())
    }

    fn operation(&mut self, name: &'static str, block: &Block) -> Result<Operation, String> {
        let [address, takes, answers] = block.lines.as_slice() else {
            return Err("an operation has three lines: address, `takes`, `answers`".to_owned());
        };
        let (method, path) = address.split_once(' ').ok_or("a method and a path expected")?;
        let takes = takes.strip_prefix("takes ").ok_or("`takes` expected")?;
        let answers = answers.strip_prefix("answers ").ok_or("`answers` expected")?;
        let (status, output) = match answers.split_once(' ') {
            Some((status, output)) => (status, Some(self.structure(output)?)),
            None => (answers, None),
        };
        let template = Template::new(path)?;
        let input = self.structure(takes)?;
        let labels = template.labels();
        for member in input.members.iter().filter(|member| member.place == Place::Label) {
            if !labels.contains(&member.name) || !member.is_required {
                return Err(format!("`{}` isn't a label of the path", member.name));
            }
        }
        for label in labels {
            if input.member(label).is_none_or(|member| member.place != Place::Label) {
                return Err(format!("the label `{label}` isn't a member"));
            }
        }
        let status = status.parse().map_err(|_| "a status expected")?;
        Ok(Operation { name, method, template, status, input, output })
    }

    fn error(&mut self, name: &'static str, block: &Block) -> Result<Error, String> {
        let status = block.rest.parse().map_err(|_| "a status expected")?;
        let members = self.members(Kind::Structure, &block.lines)?;
        let structure = Structure { name, kind: Kind::Structure, members };
        Ok(Error { status, structure: Arc::new(structure) })
    }

    fn structure(&mut self, name: &'static str) -> Result<Arc<Structure>, String> {
        match self.named(name)? {
            Shape::Structure(structure) => Ok(structure),
            _ => Err(format!("{name} isn't a structure")),
        }
    }

    /// The shape of a name, made when it is first asked for.
    fn named(&mut self, name: &'static str) -> Result<Shape, String> {
        if let Some(shape) = self.shapes.get(name) {
            return Ok(shape.clone());
        }
        if self.open.contains(&name) {
            return Err(format!("{name} holds itself; nothing in the contract does"));
        }
        let block = self.blocks.get(name).ok_or_else(|| format!("nothing is called {name}"))?;
        let (kind, rest, lines) = (block.kind, block.rest, block.lines.clone());
        self.open.push(name);
        let shape = match kind {
            "type" => self.text(rest),
            "enum" => {
                let words = lines.iter().flat_map(|line| line.split(' ')).collect();
                Ok(Shape::Choice(Arc::new(Choice { name, words })))
            }
            "structure" => self.whole(name, Kind::Structure, &lines),
            "union" => self.whole(name, Kind::Union, &lines),
            "events" => self.whole(name, Kind::Events, &lines),
            other => Err(format!("there is no kind of block `{other}`")),
        };
        self.open.pop();
        let shape = shape.map_err(|error| format!("{name}: {error}"))?;
        self.shapes.insert(name, shape.clone());
        Ok(shape)
    }

    fn whole(
        &mut self,
        name: &'static str,
        kind: Kind,
        lines: &[&'static str],
    ) -> Result<Shape, String> {
        let members = self.members(kind, lines)?;
        Ok(Shape::Structure(Arc::new(Structure { name, kind, members })))
    }

    fn members(&mut self, kind: Kind, lines: &[&'static str]) -> Result<Vec<Member>, String> {
        let mut members: Vec<Member> = Vec::new();
        for line in lines {
            let member = self.member(kind, line).map_err(|error| format!("`{line}`: {error}"))?;
            if members.iter().any(|other| other.name == member.name) {
                return Err(format!("`{}` is there twice", member.name));
            }
            members.push(member);
        }
        Ok(members)
    }

    fn member(&mut self, kind: Kind, line: &'static str) -> Result<Member, String> {
        let (name, rest) = line.split_once(": ").ok_or("a name and a type expected")?;
        let (name, is_required) = match name.strip_suffix('?') {
            Some(name) => (name, false),
            None => (name, kind == Kind::Structure),
        };
        let (shape, place) = Expression::read(rest, self)?;
        let place = match place.split_once(' ') {
            _ if place.is_empty() => Place::Body,
            None if place == "uri" => Place::Label,
            None if place == "query" => Place::Query,
            Some(("header", header)) => Place::Header(header),
            _ => return Err(format!("`{place}` isn't a place")),
        };
        Ok(Member { name, is_required, shape, place })
    }

    /// `= string(1..2) secret /pattern/`
    fn text(&mut self, rest: &'static str) -> Result<Shape, String> {
        let written = rest.strip_prefix("= ").ok_or("`=` expected")?;
        match Expression::read(written, self)? {
            (shape, "") => Ok(shape),
            (_, rest) => Err(format!("`{rest}` is too much")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(file: &'static str) -> String {
        Notation::read(&[file]).err().expect("an error")
    }

    #[test]
    fn a_wrong_model_says_which_block_is_wrong_and_why() {
        let operation = "operation A\n    GET /a/{b}\n    takes I\n    answers 200\n";
        let with = |rest: &str| -> &'static str { format!("{operation}{rest}").leak() };
        assert_eq!(error_of("    a: string\n"), "`    a: string` belongs to nothing");
        assert_eq!(error_of("structure\n"), "`structure` names nothing");
        assert_eq!(error_of("structure A\nenum A\n"), "A is there twice");
        assert_eq!(error_of("structure A\n"), "A is used by nothing");
        assert_eq!(error_of(with("structure I\n")), "A: the label `b` isn't a member");
        assert_eq!(
            error_of(with("structure I\n    b: string uri\n    c: string uri\n")),
            "A: `c` isn't a label of the path"
        );
        assert_eq!(
            error_of(with("structure I\n    b: Nobody uri\n")),
            "A: I: `b: Nobody uri`: nothing is called Nobody"
        );
        assert_eq!(
            error_of(with("structure I\n    b: [string{1..2} uri\n")),
            "A: I: `b: [string{1..2} uri`: `]` expected at `{1..2} uri`"
        );
        assert_eq!(
            error_of(with("structure I\n    b: string(x..) uri\n")),
            "A: I: `b: string(x..) uri`: `x` isn't a number"
        );
        assert_eq!(
            error_of(with("structure I\n    b?: I\n")),
            "A: I: `b?: I`: I holds itself; nothing in the contract does"
        );
    }
}
