"""Broken samples that must be caught, and sound ones that must pass: a check that cannot fail proves nothing."""

from copy import deepcopy

from graphql import GraphQLSchema

from judge import answer_faults, document_faults

DOCUMENT = """
query Sample($id: ID!) {
  order(id: $id) {
    id
    title: name
    createdAt
    test
    displayFinancialStatus
    currentSubtotalLineItemsQuantity
    currentTotalPriceSet { shopMoney { amount currencyCode } }
    events(first: 1) { nodes { __typename id } }
  }
  node(id: $id) { id ... on Order { name } }
}
"""

ANSWER = {
    "document": DOCUMENT,
    "operationName": "Sample",
    "variables": {"id": "gid://shopify/Order/1"},
    "data": {
        "order": {
            "id": "gid://shopify/Order/1",
            "title": "#1001",
            "createdAt": "2026-11-21T10:06:04Z",
            "test": False,
            "displayFinancialStatus": "PAID",
            "currentSubtotalLineItemsQuantity": 2,
            "currentTotalPriceSet": {"shopMoney": {"amount": "12.50", "currencyCode": "GBP"}},
            "events": {"nodes": [{"__typename": "BasicEvent", "id": "gid://shopify/BasicEvent/1"}]},
        },
        "node": {"id": "gid://shopify/Order/1", "name": "#1001"},
    },
}

BROKEN_DOCUMENTS = {
    "a field that does not exist": "{ shop { nameOfTheShop } }",
    "an argument that does not exist": "{ orders(first: 1, newest: true) { nodes { id } } }",
    "a variable of the wrong type": "query Q($id: Int!) { order(id: $id) { id } }",
    "an object without selection": "{ shop }",
    "no document at all": "{ shop { name }",
}


def _order(**changes) -> dict:
    answer = deepcopy(ANSWER)
    answer["data"]["order"].update(changes)
    return answer


def _without(field: str) -> dict:
    answer = deepcopy(ANSWER)
    del answer["data"]["order"][field]
    return answer


def _broken_answers() -> dict[str, dict]:
    wrong_node = deepcopy(ANSWER)
    wrong_node["data"]["node"]["id"] = "gid://shopify/MoneyBag/1"
    no_variable = deepcopy(ANSWER)
    no_variable["variables"] = {}
    return {
        "a missing field": _without("test"),
        "a missing aliased field": _without("title"),
        "null in a non-null field": _order(createdAt=None),
        "an enum value that does not exist": _order(displayFinancialStatus="PAYED"),
        "a number where an id belongs": _order(id=1),
        "text where an Int belongs": _order(currentSubtotalLineItemsQuantity="2"),
        "a fraction where an Int belongs": _order(currentSubtotalLineItemsQuantity=2.0),
        "a number where a Boolean belongs": _order(test=0),
        "money as a number": _order(
            currentTotalPriceSet={"shopMoney": {"amount": 12.5, "currencyCode": "GBP"}}
        ),
        "a time without a zone": _order(createdAt="2026-11-21T10:06:04"),
        "an object where a list belongs": _order(events={"nodes": {}}),
        "a field nobody asked for": _order(note="please ring twice"),
        "a type that does not fit": _order(events={"nodes": [{"__typename": "Order", "id": "gid://shopify/Order/1"}]}),
        "a global id of another type": wrong_node,
        "a variable that is not given": no_variable,
        "no data": {**ANSWER, "data": None},
    }


def self_test(schema: GraphQLSchema) -> list[str]:
    """What the judge got wrong; empty when it is alive."""
    faults = [f"self-test: a sound document was refused: {fault}" for fault in document_faults(schema, DOCUMENT)]
    faults += [f"self-test: a sound answer was refused: {fault}" for fault in answer_faults(schema, ANSWER)]
    for name, text in BROKEN_DOCUMENTS.items():
        if not document_faults(schema, text):
            faults.append(f"self-test: not caught in a document: {name}")
    for name, answer in _broken_answers().items():
        if not answer_faults(schema, answer):
            faults.append(f"self-test: not caught in an answer: {name}")
    return faults
