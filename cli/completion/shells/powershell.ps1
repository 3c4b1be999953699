# Completion of retainctl in PowerShell: the program itself finds out what can follow.
#   retainctl completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName retainctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        Select-Object -Skip 1 |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    # Windows PowerShell drops an empty last argument, so "+" means an empty word.
    $current = if ($wordToComplete) { $wordToComplete } else { '+' }
    & $commandAst.CommandElements[0].Extent.Text __complete powershell @before $current 2>$null | ForEach-Object {
        if (-not $_.StartsWith(':')) {
            $text, $about = $_.Substring(1) -split "`t", 2
            $typed = if ($text -match '^[A-Za-z0-9_./=-]+$') { $text } else { "'" + $text.Replace("'", "''") + "'" }
            $shown = if ($about) { $about } else { $text }
            [System.Management.Automation.CompletionResult]::new($typed, $text, 'ParameterValue', $shown)
        }
    }
}
