/** A problem with one field of the request body; the field is empty where the body as a whole is wrong. */
record FieldError(String field, String issue) {}
