"""An invoice as a program reads it: Factur-X 1.0, profile EN 16931 (UN/CEFACT Cross Industry Invoice, D22B).

House rules: written from the issued body alone, so the same invoice is the same bytes; a credit note's amounts are
positive, as the norm wants. The numbers in brackets are the norm's business terms.
"""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from typing import Any

from controller.errors import Message, ProgrammerError

FILE_NAME = "factur-x.xml"
PROFILE = "urn:cen.eu:en16931:2017"
_URN = "urn:un:unece:uncefact:data:standard"
_SPACES = {
    "xmlns:rsm": f"{_URN}:CrossIndustryInvoice:100",
    "xmlns:ram": f"{_URN}:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": f"{_URN}:UnqualifiedDataType:100",
}
_TYPES = {"invoice": "380", "credit_note": "381"}
_SERVICES = "S1"
"""The frame of an invoice for services (BT-23), as the French reform and Chorus Pro name it."""

_SIREN_SCHEME, _SIRET_SCHEME = "0002", "0009"
_SIREN_DIGITS = 9
_TRANSFER, _UNSAID = "30", "1"

_XMP = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""
_PROPERTY = """<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{0}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{0} of the invoice</pdfaProperty:description></rdf:li>"""


def xmp() -> str:
    """Return what the PDF says of the file in it, with the extension schema that PDF/A wants for it."""
    names = ("DocumentFileName", "DocumentType", "Version", "ConformanceLevel")
    return _XMP.format(properties="".join(map(_PROPERTY.format, names)))


def factur_x(body: dict[str, Any]) -> bytes:
    """Return an issued invoice's XML."""
    if "name" not in body:
        raise ProgrammerError(Message("la facture n'a pas de numéro", "the invoice has no number"))
    sign = -1 if body["kind"] == "credit_note" else 1
    whole = ET.Element("rsm:CrossIndustryInvoice", _SPACES)
    context = ET.SubElement(whole, "rsm:ExchangedDocumentContext")
    _path(context, "BusinessProcessSpecifiedDocumentContextParameter/ID", _SERVICES)
    _path(context, "GuidelineSpecifiedDocumentContextParameter/ID", PROFILE)
    head = ET.SubElement(whole, "rsm:ExchangedDocument")
    _path(head, "ID", body["name"])
    _path(head, "TypeCode", _TYPES[body["kind"]])
    _day(head, "IssueDateTime", body["day"])
    seller = body["seller"]
    for code, text in (("PMD", seller["penalties"]), ("REG", _register(seller)), ("AAI", seller["nature"])):
        note = _element(head, "IncludedNote")
        _path(note, "Content", text)
        _path(note, "SubjectCode", code)
    trade = ET.SubElement(whole, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(body["lines"], start=1):
        _line(trade, number, line, sign)
    _agreement(_element(trade, "ApplicableHeaderTradeAgreement"), body)
    delivery = _element(trade, "ApplicableHeaderTradeDelivery")
    _day(_element(delivery, "ActualDeliverySupplyChainEvent"), "OccurrenceDateTime", body["to_day"])
    _settlement(_element(trade, "ApplicableHeaderTradeSettlement"), body, sign)
    ET.indent(whole)
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + ET.tostring(whole, encoding="unicode").encode() + b"\n"


def checked(xml: bytes) -> bytes:
    """Return the XML as it is, held to the published schema where the extra `invoices` is installed; raise
    `ProgrammerError` when it does not keep to it.
    """
    if importlib.util.find_spec("facturx") is None:
        return xml
    from facturx import xml_check_xsd  # noqa: PLC0415 - an extra

    try:
        xml_check_xsd(xml, flavor="factur-x", level="en16931")
    except Exception as error:  # the library raises bare ones
        said = str(error)[:300]
        raise ProgrammerError(Message(f"Factur-X : {said}", f"Factur-X: {said}")) from error
    return xml


def _line(trade: ET.Element, number: int, line: dict[str, Any], sign: int) -> None:
    cents = sign * line["net_cents"]
    item = _element(trade, "IncludedSupplyChainTradeLineItem")
    _path(item, "AssociatedDocumentLineDocument/LineID", str(number))
    product = _element(item, "SpecifiedTradeProduct")
    _path(product, "Name", f"Location de machine : {line['name']}")
    minutes = abs(line["seconds"]) // 60
    _path(product, "Description", f"{abs(line['uses'])} utilisation(s), {minutes // 60} h {minutes % 60:02} min")
    price = _element(_element(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _path(price, "ChargeAmount", _decimal(abs(cents)))
    quantity = _path(_element(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", "-1" if cents < 0 else "1")
    quantity.set("unitCode", "C62")
    settled = _element(item, "SpecifiedLineTradeSettlement")
    _tax(_element(settled, "ApplicableTradeTax"), line["rate_bp"])
    _path(settled, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount", _decimal(cents))


def _agreement(place: ET.Element, body: dict[str, Any]) -> None:
    if body["buyer"].get("service_code"):
        _path(place, "BuyerReference", body["buyer"]["service_code"])  # BT-10: Chorus Pro's service code
    _party(_element(place, "SellerTradeParty"), body["seller"])
    _party(_element(place, "BuyerTradeParty"), body["buyer"])
    if body["order"]:
        _path(place, "BuyerOrderReferencedDocument/IssuerAssignedID", body["order"])  # BT-13: the commitment number


def _party(place: ET.Element, words: dict[str, str]) -> None:
    if words["siret"]:
        _path(place, "GlobalID", words["siret"]).set("schemeID", _SIRET_SCHEME)
    _path(place, "Name", words["name"])
    if words["siret"]:
        legal = _path(place, "SpecifiedLegalOrganization/ID", words["siret"][:_SIREN_DIGITS])
        legal.set("schemeID", _SIREN_SCHEME)
    address = _element(place, "PostalTradeAddress")
    for name, word in (
        ("PostcodeCode", "postcode"),
        ("LineOne", "street"),
        ("CityName", "city"),
        ("CountryID", "country"),
    ):
        _path(address, name, words[word])
    if words["vat_number"]:
        _path(place, "SpecifiedTaxRegistration/ID", words["vat_number"]).set("schemeID", "VA")


def _settlement(place: ET.Element, body: dict[str, Any], sign: int) -> None:
    _path(place, "PaymentReference", body["name"])
    _path(place, "InvoiceCurrencyCode", "EUR")
    means = _element(place, "SpecifiedTradeSettlementPaymentMeans")
    _path(means, "TypeCode", _TRANSFER if body["seller"]["iban"] else _UNSAID)
    if body["seller"]["iban"]:
        _path(means, "PayeePartyCreditorFinancialAccount/IBANID", body["seller"]["iban"])
    for each in body["rates"]:
        tax = _element(place, "ApplicableTradeTax")
        _path(tax, "CalculatedAmount", _decimal(sign * each["vat_cents"]))
        exempt = body["seller"]["exemption"] if not each["rate_bp"] else None
        _tax(tax, each["rate_bp"], _decimal(sign * each["net_cents"]), exempt)
    billed = _element(place, "BillingSpecifiedPeriod")
    _day(billed, "StartDateTime", body["from_day"])
    _day(billed, "EndDateTime", body["to_day"])
    _day(_element(place, "SpecifiedTradePaymentTerms"), "DueDateDateTime", body["due_day"])
    gross = sign * body["gross_cents"]
    due = gross if sign < 0 else body["due_cents"]
    sums = _element(place, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _path(sums, "LineTotalAmount", _decimal(sign * body["net_cents"]))
    _path(sums, "TaxBasisTotalAmount", _decimal(sign * body["net_cents"]))
    _path(sums, "TaxTotalAmount", _decimal(sign * body["vat_cents"])).set("currencyID", "EUR")
    _path(sums, "GrandTotalAmount", _decimal(gross))
    _path(sums, "TotalPrepaidAmount", _decimal(gross - due))
    _path(sums, "DuePayableAmount", _decimal(due))
    for name in body["corrects"]:
        _path(place, "InvoiceReferencedDocument/IssuerAssignedID", name)


def _tax(place: ET.Element, rate_bp: int, basis: str | None = None, exempt: str | None = None) -> None:
    _path(place, "TypeCode", "VAT")
    if exempt:
        _path(place, "ExemptionReason", exempt)
    if basis is not None:
        _path(place, "BasisAmount", basis)
    _path(place, "CategoryCode", "S" if rate_bp else "E")
    _path(place, "RateApplicablePercent", _decimal(rate_bp))


def _register(seller: dict[str, str]) -> str:
    return " · ".join(filter(None, (seller["name"], seller["legal_form"], seller["siret"])))


def _day(place: ET.Element, name: str, day: str) -> None:
    _path(place, name)
    said = ET.SubElement(place[-1], "udt:DateTimeString", {"format": "102"})
    said.text = day.replace("-", "")


def _path(place: ET.Element, path: str, text: str | None = None) -> ET.Element:
    for name in path.split("/"):
        place = _element(place, name)
    place.text = text
    return place


def _element(place: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(place, f"ram:{name}")


def _decimal(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"
