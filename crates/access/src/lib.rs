//! Who may do what: roles, actions and the policies between them.
