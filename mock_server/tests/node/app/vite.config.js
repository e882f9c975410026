import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const mock = process.env.LEADLISTS_MOCK_URL;
const certificate = process.env.APP_CERTIFICATE; // a PEM file with key and certificate
const https = certificate && { key: readFileSync(certificate), cert: readFileSync(certificate) };
const isForwarded = process.env.VITE_API === undefined;

export default defineConfig({
  plugins: [react()],
  server: { ...(https && { https }), ...(isForwarded && { proxy: { "/api": mock, "/__mock__": mock } }) },
});
