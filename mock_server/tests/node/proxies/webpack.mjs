// Serves with the recipe's configuration, as `webpack serve` does.
import webpack from "webpack";
import WebpackDevServer from "webpack-dev-server";
import config from "./webpack.config.mjs";

const compiler = webpack({ ...config, mode: "development", entry: "./empty.mjs" });
await new WebpackDevServer({ ...config.devServer, host: "localhost", port: Number(process.argv[2]) }, compiler).start();
