"""One candidate's sitting: its page, the verbs that staff have for it, its recette."""
