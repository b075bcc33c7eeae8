"""What is prepared beforehand: the session, its list, form, réalisations, timetable."""
