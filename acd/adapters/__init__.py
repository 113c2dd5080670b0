"""Everything outside: Asterisk, SQL, the clock, speech; one package each, none knows another."""
