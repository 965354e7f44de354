import { defineConfig } from 'prisma/config';

/** `prisma generate` needs no database; the placeholder is never dialled. The server applies migrations itself (server/store/postgres/migrate.ts). */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://nobody@127.0.0.1:1/none' },
});
