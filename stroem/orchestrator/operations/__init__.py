"""Operations of people on live jobs."""
