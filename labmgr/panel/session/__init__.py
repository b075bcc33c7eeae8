"""A session is prepared: its list, form, commissions, réalisations and timetable."""
