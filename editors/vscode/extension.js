// A thin client: everything is answered by `sem-toolkit lsp`. It adds a panel with the diagram and one with tables.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
let diagram;

async function activate(context) {
  const command = vscode.workspace.getConfiguration("semToolkit").get("command");
  client = new LanguageClient(
    "sem-toolkit",
    "sem_toolkit",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "lavaan" }] },
  );
  try {
    await client.start();
  } catch (problem) {
    const hint = "install it with pip install 'sem-toolkit[lsp]', or set semToolkit.command to its whole path";
    vscode.window.showErrorMessage(`"${command} lsp" cannot be started (${problem.message}): ${hint}`);
    return;
  }

  const ask = (name, ...rest) => {
    const editor = vscode.window.activeTextEditor;
    if (!editor || editor.document.languageId !== "lavaan") return undefined;
    const uri = editor.document.uri.toString();
    return client.sendRequest("workspace/executeCommand", { command: name, arguments: [uri, ...rest] });
  };
  const show = async (title, text) => {
    const document = await vscode.workspace.openTextDocument({ content: text, language: "plaintext" });
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  };
  const draw = async () => {
    const answer = await ask("semToolkit.diagram");
    if (answer && answer.error) vscode.window.showErrorMessage(answer.error);
    if (!answer || !answer.svg) return;
    if (!diagram) {
      diagram = vscode.window.createWebviewPanel("semDiagram", "Path diagram", vscode.ViewColumn.Beside, {});
      diagram.onDidDispose(() => { diagram = undefined; });
    }
    const svg = answer.svg.slice(answer.svg.indexOf("<svg"));
    diagram.webview.html =
      "<!DOCTYPE html><meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">" +
      `<style>body{background:white;margin:1em}svg{max-width:100%;height:auto}</style>${svg}`;
  };

  context.subscriptions.push(
    vscode.commands.registerCommand("semToolkit.ui.fit", async () => {
      const answer = await ask("semToolkit.fit");
      if (answer) await show("Fit", answer.summary || answer.error);
      if (answer && answer.summary && diagram) await draw();
    }),
    vscode.commands.registerCommand("semToolkit.ui.diagram", draw),
    vscode.commands.registerCommand("semToolkit.ui.compare", async () => {
      const chosen = await vscode.window.showOpenDialog({ filters: { Specs: ["lav", "lavaan"] }, canSelectMany: false });
      if (!chosen) return;
      const answer = await ask("semToolkit.compare", chosen[0].fsPath);
      if (answer) await show("Comparison", answer.error || `${answer.table}\n\n${answer.tests}`);
    }),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (diagram && document.languageId === "lavaan") draw();
    }),
  );
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
