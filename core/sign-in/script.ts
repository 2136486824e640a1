// The pages' one script. All that a page is for works without it.

/**
 * Takes the sign-in's code and state out of the address bar and the history, and shows the Copy buttons where the browser can
 * copy (only over https or on localhost). The button says that the text was copied, and the page's status says it to screen
 * readers; where copying is refused, the text is selected.
 */
export const SCRIPT = `
(() => {
  const own = document.documentElement.dataset.path
  if (own && own !== location.pathname + location.search + location.hash) history.replaceState(null, '', own)
  if (!navigator.clipboard) return
  const status = document.querySelector('[role=status]')
  for (const button of document.querySelectorAll('[data-copy]')) {
    const word = button.firstElementChild
    const source = document.getElementById(button.dataset.copy)
    let timer
    button.hidden = false
    button.addEventListener('click', async () => {
      let said = 'Copied'
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent)
      } catch {
        said = 'Not copied'
        if (source.select) source.select()
        else getSelection().selectAllChildren(source)
        source.focus()
      }
      word.textContent = said
      status.textContent = said + button.lastElementChild.textContent
      clearTimeout(timer)
      timer = setTimeout(() => { word.textContent = 'Copy'; status.textContent = '' }, 2500)
    })
  }
})()
`
