//! Personal data and secrets become stable pseudonyms before anything is stored.
