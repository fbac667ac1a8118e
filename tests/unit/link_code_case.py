"""A case partner with link fields, and three of its rows."""

from datetime import UTC, datetime
from typing import Any

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
HEADER = "No,Date,Home,Went to,First name,Family name,Phone,Born,Recruited,Ward\n"
ROWS = (
    "1,03/02/2025,Busia,Nairobi,Achieng,Sampleton,0712 345 678,1998,14/01/2025,Matayos\n"
    "2,04/02/2025,Busia,Nairobi,unknown,Testperson,,12/05/2001,,\n"
    "3,05/02/2025,Busia,Nairobi,,,,,,\n"
)
CONTRACT: dict[str, Any] = {
    "contract": "fixture_cases",
    "version": 1,
    "partner": {"code": "fixture_desk", "steward": "steward@example.org"},
    "grain": "case",
    "agreement": {"id": "F1", "valid_from": "2024-01-01", "valid_to": "2030-12-31"},
    "consent": {"basis": "agreement", "reference": "F1"},
    "delivery": {"mode": "full", "key": "No", "cadence": "monthly"},
    "format": {"kind": "csv"},
    "locale": {"dates": "dmy"},
    "fields": {
        "event_on": "Date",
        "place(origin).place_text": "Home",
        "place(exploitation).place_text": "Went to",
    },
    "link": {
        "given": "First name", "surname": "Family name", "phone": "Phone", "birth_date": "Born",
        "recruited": "Recruited", "subcounty": "Ward",
    },
}  # fmt: skip
