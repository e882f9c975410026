import { z } from "zod";

// PostgreSQL stores no NUL in text.
const text = z.string().refine((value) => !value.includes("\0"), "must not hold a NUL character");

// Without abort, zod would still compare a date that is not one and report the other as well.
const date = z.iso.datetime({ abort: true });

export const createLeadList = z
  .object({
    name: text.min(1),
    type: z.enum(["person", "company"]).default("person"),
    icpId: z.uuid().nullable(),
    startDate: date,
    endDate: date,
    personIds: z.array(text),
    companyIds: z.array(z.uuid()).default([]),
  })
  .refine((list) => new Date(list.endDate) >= new Date(list.startDate), {
    path: ["endDate"],
    message: "must not be before startDate",
  });
