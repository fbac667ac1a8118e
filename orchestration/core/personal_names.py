"""Common first names of the region, by which text about a person is recognised."""

_FIRST_NAMES_TEXT = """
abdi abdullahi achieng adhiambo agnes aisha akinyi alice amina anne anyango asha atieno beatrice brian
caroline catherine charles chebet chepkemoi christine cynthia daniel david dennis dorcas elizabeth emily
esther eunice evans faith fatuma felix florence francis geoffrey george grace halima hassan hellen irene
jackline jacob jama james jane janet jeptoo joan john joseph josephine joyce judith juma kamau kariuki
kevin kimani kiprono kiprop lilian linet lucy maina margaret mary mercy mohamed mohammed monica moses
mumbi musa mutua muthoni mwangi mwende nancy naomi ndungu njeri njoroge nyambura ochieng odhiambo omar
omondi onyango otieno patrick paul pauline peter phoebe purity rahma rebecca robert rose ruth samuel
sarah sharon simon stephen susan teresia thomas victor vincent violet wairimu wambui wangari wanjiku
wanjiru winnie yusuf zainab
"""
FIRST_NAMES = frozenset(_FIRST_NAMES_TEXT.split())
