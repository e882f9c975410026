import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

export const migrate = () =>
  pool.query(`
    CREATE TABLE IF NOT EXISTS lead_lists (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      icp_id uuid,
      name text NOT NULL,
      type text NOT NULL,
      start_date timestamptz NOT NULL,
      end_date timestamptz NOT NULL,
      person_ids text[] NOT NULL,
      company_ids uuid[] NOT NULL,
      user_ids text[] NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    )`);

export async function insert(list, userId) {
  const { rows } = await pool.query(
    `INSERT INTO lead_lists (icp_id, name, type, start_date, end_date, person_ids, company_ids, user_ids)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     RETURNING id, icp_id AS "icpId", name, type, start_date AS "startDate", end_date AS "endDate",
       person_ids AS "personIds", company_ids AS "companyIds", user_ids AS "userIds",
       created_at AS "createdAt", updated_at AS "updatedAt"`,
    [list.icpId, list.name, list.type, list.startDate, list.endDate, list.personIds, list.companyIds, [userId]],
  );
  return rows[0];
}
