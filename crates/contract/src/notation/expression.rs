//! Types as they are written: `map<TagKey, string(0..256) secret>{..10}`.

use std::sync::Arc;

use crate::notation::Notation;
use crate::shape::{Bounds, List, Map, Pattern, Shape, Text};

/// What is left of a line, and the names it may use.
pub(super) struct Expression<'a> {
    rest: &'static str,
    names: &'a mut Notation,
}

impl<'a> Expression<'a> {
    /// The type at the beginning of a text, and what stands behind it.
    pub(super) fn read(
        text: &'static str,
        names: &'a mut Notation,
    ) -> Result<(Shape, &'static str), String> {
        let mut expression = Self { rest: text, names };
        let shape = expression.shape()?;
        Ok((shape, expression.rest.trim_start()))
    }

    fn shape(&mut self) -> Result<Shape, String> {
        if self.takes("[") {
            let item = self.shape()?;
            self.must_take("]")?;
            let size = self.bounds("{", "}")?;
            return Ok(Shape::List(Arc::new(List { item, size })));
        }
        if self.takes("map<") {
            let key = self.shape()?;
            self.must_take(", ")?;
            let value = self.shape()?;
            self.must_take(">")?;
            let size = self.bounds("{", "}")?;
            return match key {
                Shape::Text(_) | Shape::Choice(_) => {
                    Ok(Shape::Map(Arc::new(Map { key, value, size })))
                }
                _ => Err("the key of a map is text".to_owned()),
            };
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match name {
            "" => Err(format!("a type expected at `{}`", self.rest)),
            "string" => self.text(),
            "integer" => Ok(Shape::Integer(self.bounds("(", ")")?)),
            "long" => Ok(Shape::Long(self.bounds("(", ")")?)),
            "double" => Ok(Shape::Double),
            "boolean" => Ok(Shape::Boolean),
            "timestamp" => Ok(Shape::Timestamp),
            "datetime" => Ok(Shape::DateTime),
            "blob" => Ok(Shape::Blob),
            "document" => Ok(Shape::Document),
            name => self.names.named(name),
        }
    }

    fn text(&mut self) -> Result<Shape, String> {
        let length = self.bounds("(", ")")?;
        let is_secret = self.takes(" secret");
        let pattern = if self.takes(" /") {
            // A pattern holds slashes of its own: it ends with the line.
            let pattern = self.rest.strip_suffix('/').ok_or("a pattern ends with the line")?;
            self.rest = "";
            Some(Pattern::new(pattern))
        } else {
            None
        };
        Ok(Shape::Text(Arc::new(Text { length, pattern, is_secret })))
    }

    fn bounds(&mut self, opening: &str, closing: &str) -> Result<Bounds, String> {
        if !self.takes(opening) {
            return Ok(Bounds::default());
        }
        let expected = || format!("bounds like `{opening}1..5{closing}` expected");
        let (bounds, rest) = self.rest.split_once(closing).ok_or_else(expected)?;
        self.rest = rest;
        let (least, greatest) = bounds.split_once("..").ok_or_else(expected)?;
        Ok(Bounds { least: number(least)?, greatest: number(greatest)? })
    }

    fn takes(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn must_take(&mut self, start: &str) -> Result<(), String> {
        if self.takes(start) {
            Ok(())
        } else {
            Err(format!("`{start}` expected at `{}`", self.rest))
        }
    }
}

fn number(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("`{text}` isn't a number"))
}
