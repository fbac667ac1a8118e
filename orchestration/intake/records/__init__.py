"""Turn rows of a sheet into records with canonical fields: headers, totals, child rows, accepted rows."""
