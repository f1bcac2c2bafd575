"""What is wrong with a document, or with an answer to one, by the vendor's schema. An empty list is a pass."""

from graphql import (
    GraphQLError,
    GraphQLSchema,
    execute,
    get_operation_ast,
    parse,
    validate,
)


def document_faults(schema: GraphQLSchema, text: str) -> list[str]:
    """Syntax and validation errors of one document."""
    try:
        tree = parse(text)
    except GraphQLError as error:
        return [str(error)]
    return [str(error) for error in validate(schema, tree)]


def answer_faults(schema: GraphQLSchema, answer: dict) -> list[str]:
    """Executes the answer's document with the answer's own data as the world, then compares.

    A field that is missing, null where the schema forbids it, of a wrong scalar or enum is an execution error;
    one that nobody asked for, or that the schema would spell otherwise, is a difference.
    """
    faults = [f"lacks the member {name}" for name in ("document", "data") if answer.get(name) is None]
    if faults:
        return faults
    faults = document_faults(schema, answer["document"])
    if faults:
        return faults
    tree = parse(answer["document"])
    operation = get_operation_ast(tree, answer.get("operationName"))
    if operation is None:
        return ["names no operation of its document"]
    result = execute(
        schema,
        tree,
        root_value=answer["data"],
        variable_values=answer.get("variables") or {},
        operation_name=operation.name.value if operation.name else None,
        field_resolver=_field,
        type_resolver=_type,
    )
    if result.errors:
        return [_without_values(error) for error in result.errors]
    return differences(result.data, answer["data"], "data")


def differences(expected, found, path: str) -> list[str]:
    """Where two JSON values differ; types count, because 1, 1.0 and true are three answers."""
    if isinstance(expected, dict) and isinstance(found, dict):
        faults = [f"{path}.{key}: nobody asked for it" for key in sorted(found.keys() - expected.keys())]
        for key in expected:
            if key not in found:
                faults.append(f"{path}.{key}: missing")
            else:
                faults += differences(expected[key], found[key], f"{path}.{key}")
        return faults
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            fault
            for index, pair in enumerate(zip(expected, found))
            for fault in differences(*pair, f"{path}[{index}]")
        ]
    # A whole number is a fine way to write a Float; the reverse is no way to write an Int.
    if type(expected) is float and type(found) is int and expected == found:
        return []
    if type(expected) is not type(found):
        return [f"{path}: {type(found).__name__} where the schema answers {type(expected).__name__}"]
    return [] if expected == found else [f"{path}: the schema spells it otherwise"]


def _field(parent, info, **_arguments):
    """The member under its response key: the alias, else the name."""
    key = info.path.key
    if not isinstance(parent, dict) or key not in parent:
        raise GraphQLError("missing in the answer")
    return parent[key]


def _type(value, _info, abstract):
    """The concrete type: by `__typename`, else by the global id (`gid://shopify/Order/1` is an Order).

    A picture is asked for its preview alone, which all media have; the twin's are pictures.
    """
    if not isinstance(value, dict):
        return None
    name = value.get("__typename")
    if name is None and isinstance(value.get("id"), str) and value["id"].startswith("gid://"):
        parts = value["id"].split("/")
        name = parts[3] if len(parts) > 3 else None
    if name is None and abstract.name == "Media":
        name = "MediaImage"
    return name


def _without_values(error: GraphQLError) -> str:
    path = ".".join(str(part) for part in error.path or [])
    return f"data.{path}: {error.message}"
