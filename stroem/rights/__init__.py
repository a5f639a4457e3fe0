"""Rights: verbs, roles, and the decision who may do what. Without input or output."""
